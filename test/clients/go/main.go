// Sends a workload (workload.ts) with the OpenTelemetry SDK for Go, and prints the ids of its spans.
// Where to and how is in the environment, as OTEL_EXPORTER_OTLP_* say it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

type workload struct {
	Resource []keyValue
	Scope    struct{ Name, Version, SchemaURL string }
	Spans    []spanToSend
	Metrics  []metricToSend
	Logs     []logToSend
}

type keyValue struct {
	Key   string
	Value anyValue
}

type anyValue struct {
	StringValue *string
	BoolValue   *bool
	IntValue    *int64 `json:",string"`
	DoubleValue *float64
	BytesValue  *[]byte
	ArrayValue  *struct{ Values []anyValue }
	KvlistValue *struct{ Values []keyValue }
}

// The ids that a span was given.
type sent struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
	Flags   int    `json:"flags"`
}

func main() {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	var work workload
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		log.Fatal(err)
	}
	if err := send(context.Background(), &work); err != nil {
		log.Fatal(err)
	}
}

func send(ctx context.Context, work *workload) error {
	res := resource.NewSchemaless(attributes(work.Resource)...)
	tracers, err := newTracers(ctx, res)
	if err != nil {
		return err
	}
	meters, err := newMeters(ctx, res)
	if err != nil {
		return err
	}
	loggers, err := newLoggers(ctx, res)
	if err != nil {
		return err
	}
	contexts, ids := sendSpans(ctx, tracers, work)
	if err := sendMetrics(meters, work, contexts); err != nil {
		return err
	}
	sendLogs(ctx, loggers, work, contexts)
	if err := atOnce(ctx, tracers.Shutdown, meters.Shutdown, loggers.Shutdown); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(ids)
}

// No signal waits for another to be taken.
func atOnce(ctx context.Context, shutdowns ...func(context.Context) error) error {
	failed := make([]error, len(shutdowns))
	var group sync.WaitGroup
	for i, shutdown := range shutdowns {
		group.Go(func() { failed[i] = shutdown(ctx) })
	}
	group.Wait()
	return errors.Join(failed...)
}

// Whether the environment names gRPC, else it is HTTP.
func isGRPC() bool { return os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" }

func attributes(list []keyValue) []attribute.KeyValue {
	var made []attribute.KeyValue
	for _, it := range list {
		made = append(made, attribute.KeyValue{Key: attribute.Key(it.Key), Value: value(it.Value)})
	}
	return made
}

func value(it anyValue) attribute.Value {
	switch {
	case it.StringValue != nil:
		return attribute.StringValue(*it.StringValue)
	case it.BoolValue != nil:
		return attribute.BoolValue(*it.BoolValue)
	case it.IntValue != nil:
		return attribute.Int64Value(*it.IntValue)
	case it.DoubleValue != nil:
		return attribute.Float64Value(*it.DoubleValue)
	case it.BytesValue != nil:
		return attribute.ByteSliceValue(*it.BytesValue)
	case it.KvlistValue != nil:
		return attribute.MapValue(attributes(it.KvlistValue.Values)...)
	}
	return list(it.ArrayValue.Values)
}

// A list of one kind has a type of its own, as a program would use it.
func list(items []anyValue) attribute.Value {
	var values []attribute.Value
	kinds := map[attribute.Type]bool{}
	for _, item := range items {
		made := value(item)
		values = append(values, made)
		kinds[made.Type()] = true
	}
	if len(kinds) == 1 {
		switch values[0].Type() {
		case attribute.STRING:
			return attribute.StringSliceValue(each(values, attribute.Value.AsString))
		case attribute.BOOL:
			return attribute.BoolSliceValue(each(values, attribute.Value.AsBool))
		case attribute.INT64:
			return attribute.Int64SliceValue(each(values, attribute.Value.AsInt64))
		case attribute.FLOAT64:
			return attribute.Float64SliceValue(each(values, attribute.Value.AsFloat64))
		}
	}
	return attribute.SliceValue(values...)
}

func each[T any](values []attribute.Value, as func(attribute.Value) T) []T {
	var made []T
	for _, value := range values {
		made = append(made, as(value))
	}
	return made
}
