package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

type logToSend struct {
	Time           int64 `json:",string"`
	ObservedTime   int64 `json:",string"`
	SeverityNumber int
	SeverityText   string
	EventName      string
	Body           *anyValue
	Attributes     []keyValue
	Span           *int
}

func newLoggers(ctx context.Context, res *resource.Resource) (*sdklog.LoggerProvider, error) {
	var exporter sdklog.Exporter
	var err error
	if isGRPC() {
		exporter, err = otlploggrpc.New(ctx)
	} else {
		exporter, err = otlploghttp.New(ctx)
	}
	return sdklog.NewLoggerProvider(sdklog.WithResource(res),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter))), err
}

func sendLogs(ctx context.Context, loggers *sdklog.LoggerProvider, work *workload, contexts []context.Context) {
	version := log.WithInstrumentationVersion(work.Scope.Version)
	logger := loggers.Logger(work.Scope.Name, version, log.WithSchemaURL(work.Scope.SchemaURL))
	for _, it := range work.Logs {
		var record log.Record
		record.SetTimestamp(time.Unix(0, it.Time))
		record.SetObservedTimestamp(time.Unix(0, it.ObservedTime))
		record.SetSeverity(log.Severity(it.SeverityNumber))
		record.SetSeverityText(it.SeverityText)
		record.SetEventName(it.EventName)
		if it.Body != nil {
			record.SetBody(value(*it.Body))
		}
		record.AddAttributes(attributes(it.Attributes)...)
		in := ctx
		if it.Span != nil {
			in = contexts[*it.Span]
		}
		logger.Emit(in, record)
	}
}
