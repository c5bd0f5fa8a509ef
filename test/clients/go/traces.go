package main

import (
	"context"
	"log"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type spanToSend struct {
	Name         string
	Kind         int
	Start        int64 `json:",string"`
	End          int64 `json:",string"`
	Parent       *int
	RemoteParent *struct{ TraceID, SpanID, TraceState string }
	Attributes   []keyValue
	Events       []struct {
		Name       string
		Time       int64 `json:",string"`
		Attributes []keyValue
	}
	Links []struct {
		Span       int
		Attributes []keyValue
	}
	Status struct {
		Code    int
		Message string
	}
}

// OTLP and the interface of Go number them differently.
var statusCodes = []codes.Code{codes.Unset, codes.Ok, codes.Error}

func newTracers(ctx context.Context, res *resource.Resource) (*sdktrace.TracerProvider, error) {
	var exporter sdktrace.SpanExporter
	var err error
	if isGRPC() {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	return sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithBatcher(exporter)), err
}

func sendSpans(ctx context.Context, tracers *sdktrace.TracerProvider, work *workload) ([]context.Context, []sent) {
	version := trace.WithInstrumentationVersion(work.Scope.Version)
	tracer := tracers.Tracer(work.Scope.Name, version, trace.WithSchemaURL(work.Scope.SchemaURL))
	var contexts []context.Context
	var ids []sent
	for _, it := range work.Spans {
		started, span := tracer.Start(parentOf(ctx, it, contexts), it.Name,
			trace.WithSpanKind(trace.SpanKind(it.Kind)),
			trace.WithTimestamp(time.Unix(0, it.Start)),
			trace.WithAttributes(attributes(it.Attributes)...),
			trace.WithLinks(linksOf(it, contexts)...))
		for _, event := range it.Events {
			at := trace.WithTimestamp(time.Unix(0, event.Time))
			span.AddEvent(event.Name, at, trace.WithAttributes(attributes(event.Attributes)...))
		}
		span.SetStatus(statusCodes[it.Status.Code], it.Status.Message)
		span.End(trace.WithTimestamp(time.Unix(0, it.End)))
		contexts = append(contexts, started)
		is := span.SpanContext()
		ids = append(ids, sent{is.TraceID().String(), is.SpanID().String(), int(is.TraceFlags())})
	}
	return contexts, ids
}

func parentOf(ctx context.Context, it spanToSend, contexts []context.Context) context.Context {
	if it.RemoteParent != nil {
		return trace.ContextWithRemoteSpanContext(ctx, remote(it))
	}
	if it.Parent != nil {
		return contexts[*it.Parent]
	}
	return ctx
}

func remote(it spanToSend) trace.SpanContext {
	traceID, err := trace.TraceIDFromHex(it.RemoteParent.TraceID)
	if err != nil {
		log.Fatal(err)
	}
	spanID, err := trace.SpanIDFromHex(it.RemoteParent.SpanID)
	if err != nil {
		log.Fatal(err)
	}
	state, err := trace.ParseTraceState(it.RemoteParent.TraceState)
	if err != nil {
		log.Fatal(err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: spanID, TraceState: state, TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

func linksOf(it spanToSend, contexts []context.Context) []trace.Link {
	var links []trace.Link
	for _, link := range it.Links {
		links = append(links, trace.LinkFromContext(contexts[link.Span], attributes(link.Attributes)...))
	}
	return links
}
