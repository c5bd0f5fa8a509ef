package main

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

type metricToSend struct {
	Name, Unit, Description, Instrument, Number string
	Measurements                                []measurement
}

type measurement struct {
	Value      float64
	Attributes []keyValue
	Span       int
}

func newMeters(ctx context.Context, res *resource.Resource) (*sdkmetric.MeterProvider, error) {
	var exporter sdkmetric.Exporter
	var err error
	if isGRPC() {
		exporter, err = otlpmetricgrpc.New(ctx)
	} else {
		exporter, err = otlpmetrichttp.New(ctx)
	}
	exponential := sdkmetric.NewView(sdkmetric.Instrument{Name: "client.exponential_histogram.*"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	return sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithView(exponential),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter))), err
}

func sendMetrics(meters *sdkmetric.MeterProvider, work *workload, contexts []context.Context) error {
	version := metric.WithInstrumentationVersion(work.Scope.Version)
	meter := meters.Meter(work.Scope.Name, version, metric.WithSchemaURL(work.Scope.SchemaURL))
	var failed error
	for _, it := range work.Metrics {
		measure, err := instrument(meter, it)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		for _, measured := range it.Measurements {
			set := metric.WithAttributeSet(attribute.NewSet(attributes(measured.Attributes)...))
			measure(contexts[measured.Span], measured.Value, set)
		}
	}
	return failed
}

type measure = func(context.Context, float64, metric.MeasurementOption)

func instrument(meter metric.Meter, it metricToSend) (measure, error) {
	unit, description := metric.WithUnit(it.Unit), metric.WithDescription(it.Description)
	switch it.Instrument + "." + it.Number {
	case "counter.int":
		made, err := meter.Int64Counter(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Add(ctx, int64(v), set) }, err
	case "counter.double":
		made, err := meter.Float64Counter(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Add(ctx, v, set) }, err
	case "up_down_counter.int":
		made, err := meter.Int64UpDownCounter(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Add(ctx, int64(v), set) }, err
	case "up_down_counter.double":
		made, err := meter.Float64UpDownCounter(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Add(ctx, v, set) }, err
	case "gauge.int":
		made, err := meter.Int64Gauge(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Record(ctx, int64(v), set) }, err
	case "gauge.double":
		made, err := meter.Float64Gauge(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Record(ctx, v, set) }, err
	case "histogram.int", "exponential_histogram.int":
		made, err := meter.Int64Histogram(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Record(ctx, int64(v), set) }, err
	case "histogram.double", "exponential_histogram.double":
		made, err := meter.Float64Histogram(it.Name, unit, description)
		return func(ctx context.Context, v float64, set metric.MeasurementOption) { made.Record(ctx, v, set) }, err
	}
	return observed(meter, it)
}

// The SDK asks for its values; there is nothing left to measure.
func observed(meter metric.Meter, it metricToSend) (measure, error) {
	unit, description := metric.WithUnit(it.Unit), metric.WithDescription(it.Description)
	nothing := func(context.Context, float64, metric.MeasurementOption) {}
	switch it.Instrument + "." + it.Number {
	case "observable_counter.int":
		_, err := meter.Int64ObservableCounter(it.Name, unit, description,
			metric.WithInt64Callback(func(_ context.Context, observer metric.Int64Observer) error {
				for _, m := range it.Measurements {
					observer.Observe(int64(m.Value), metric.WithAttributes(attributes(m.Attributes)...))
				}
				return nil
			}))
		return nothing, err
	case "observable_counter.double":
		_, err := meter.Float64ObservableCounter(it.Name, unit, description,
			metric.WithFloat64Callback(func(_ context.Context, observer metric.Float64Observer) error {
				for _, m := range it.Measurements {
					observer.Observe(m.Value, metric.WithAttributes(attributes(m.Attributes)...))
				}
				return nil
			}))
		return nothing, err
	}
	return nil, fmt.Errorf("there is no instrument %s of %s", it.Instrument, it.Number)
}
