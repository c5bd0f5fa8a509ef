"""Writes the *.bin beside it: requests encoded by the official protobuf bindings (pip install opentelemetry-proto).

example-*.bin is the data of the debug exporter's README in the Collector; every-field-*.bin sets each field of OTLP.

The *.jsonl are what the JSON marshaler of the Collector (pdata 1.64) makes of the *.bin.
"""
from pathlib import Path

from opentelemetry.proto.common.v1.common_pb2 import (AnyValue, ArrayValue, EntityRef, InstrumentationScope,
                                                      KeyValue, KeyValueList)
from opentelemetry.proto.logs.v1 import logs_pb2 as logs
from opentelemetry.proto.metrics.v1 import metrics_pb2 as metrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as trace

T0 = 1544712660000000000
T1 = 1544712661000000000
T3 = 1544712660300000000
TRACE_ID = bytes.fromhex("5b8efff798038103d269b633813fc60c")
SPAN_ID = bytes.fromhex("eee19b7ec3c1b174")
PARENT_ID = bytes.fromhex("eee19b7ec3c1b173")


def text(key, value):
    return KeyValue(key=key, value=AnyValue(string_value=value))


def every_value():
    array = ArrayValue(values=[AnyValue(string_value="a"), AnyValue(int_value=-1), AnyValue()])
    kvlist = KeyValueList(values=[text("k", "v"), KeyValue(key="n", value=AnyValue(array_value=array))])
    return [
        text("string", "grüße \U0001f44b"),
        KeyValue(key="true", value=AnyValue(bool_value=True)),
        KeyValue(key="false", value=AnyValue(bool_value=False)),
        KeyValue(key="int", value=AnyValue(int_value=-(2**63))),
        KeyValue(key="max", value=AnyValue(int_value=2**63 - 1)),
        KeyValue(key="double", value=AnyValue(double_value=-0.5)),
        KeyValue(key="array", value=AnyValue(array_value=array)),
        KeyValue(key="map", value=AnyValue(kvlist_value=kvlist)),
        KeyValue(key="bytes", value=AnyValue(bytes_value=b"\x00\xff")),
        KeyValue(key="empty", value=AnyValue()),
        KeyValue(key="none"),
    ]


def example_parts():
    resource = Resource(attributes=[text("service.name", "my.service")])
    scope = InstrumentationScope(name="my.library", version="1.0.0",
                                 attributes=[text("my.scope.attribute", "some scope attribute")])
    return resource, scope


def every_parts():
    resource = Resource(attributes=every_value(), dropped_attributes_count=3, entity_refs=[
        EntityRef(schema_url="e", type="host", id_keys=["host.id"], description_keys=["host.name", "host.arch"])])
    scope = InstrumentationScope(name="lib", version="2", attributes=every_value(), dropped_attributes_count=4)
    return resource, scope


def traces(parts, spans, url=""):
    resource, scope = parts
    scope_spans = trace.ScopeSpans(scope=scope, spans=spans, schema_url=url)
    return trace.TracesData(
        resource_spans=[trace.ResourceSpans(resource=resource, scope_spans=[scope_spans], schema_url=url)])


def metric_data(parts, items, url=""):
    resource, scope = parts
    scope_metrics = metrics.ScopeMetrics(scope=scope, metrics=items, schema_url=url)
    return metrics.MetricsData(
        resource_metrics=[metrics.ResourceMetrics(resource=resource, scope_metrics=[scope_metrics], schema_url=url)])


def log_data(parts, records, url=""):
    resource, scope = parts
    scope_logs = logs.ScopeLogs(scope=scope, log_records=records, schema_url=url)
    return logs.LogsData(
        resource_logs=[logs.ResourceLogs(resource=resource, scope_logs=[scope_logs], schema_url=url)])


def example_traces():
    return traces(example_parts(), [
        trace.Span(trace_id=TRACE_ID, span_id=SPAN_ID, parent_span_id=PARENT_ID, name="I'm a server span", kind=2,
                   start_time_unix_nano=T0, end_time_unix_nano=T1,
                   attributes=[text("my.span.attr", "some value")])])


def example_metrics():
    def attrs(kind):
        return [text(f"my.{kind}.attr", "some value")]

    number = dict(time_unix_nano=T3)
    since = dict(start_time_unix_nano=T3, **number)
    return metric_data(example_parts(), [
        metrics.Metric(name="my.counter", unit="1", description="I am a Counter", sum=metrics.Sum(
            aggregation_temporality=1, is_monotonic=True,
            data_points=[metrics.NumberDataPoint(as_double=5, attributes=attrs("counter"), **since)])),
        metrics.Metric(name="my.gauge", unit="1", description="I am a Gauge", gauge=metrics.Gauge(
            data_points=[metrics.NumberDataPoint(as_double=10, attributes=attrs("gauge"), **number)])),
        metrics.Metric(name="my.histogram", unit="1", description="I am a Histogram", histogram=metrics.Histogram(
            aggregation_temporality=1, data_points=[metrics.HistogramDataPoint(
                count=2, sum=2, bucket_counts=[1, 1], explicit_bounds=[1], min=0, max=2,
                attributes=attrs("histogram"), **since)])),
        metrics.Metric(name="my.exponential.histogram", unit="1", description="I am an Exponential Histogram",
                       exponential_histogram=metrics.ExponentialHistogram(
                           aggregation_temporality=1, data_points=[metrics.ExponentialHistogramDataPoint(
                               count=3, sum=10, scale=0, zero_count=1, min=0, max=5,
                               positive=dict(offset=1, bucket_counts=[0, 2]),
                               attributes=attrs("exponential.histogram"), **since)]))])


def example_logs():
    many = ArrayValue(values=[AnyValue(string_value="many"), AnyValue(string_value="values")])
    nested = KeyValueList(values=[text("some.map.key", "some value")])
    return log_data(example_parts(), [logs.LogRecord(
        time_unix_nano=T3, observed_time_unix_nano=T3, severity_number=10, severity_text="Information",
        trace_id=TRACE_ID, span_id=SPAN_ID, body=AnyValue(string_value="Example log record"), attributes=[
            text("string.attribute", "some string"),
            KeyValue(key="boolean.attribute", value=AnyValue(bool_value=True)),
            KeyValue(key="int.attribute", value=AnyValue(int_value=10)),
            KeyValue(key="double.attribute", value=AnyValue(double_value=637.704)),
            KeyValue(key="array.attribute", value=AnyValue(array_value=many)),
            KeyValue(key="map.attribute", value=AnyValue(kvlist_value=nested))])])


def every_span():
    event = trace.Span.Event(time_unix_nano=T3, name="exception", attributes=every_value(),
                             dropped_attributes_count=5)
    link = trace.Span.Link(trace_id=TRACE_ID, span_id=PARENT_ID, trace_state="l=1", attributes=[text("l", "1")],
                           dropped_attributes_count=6, flags=0x301)
    return traces(every_parts(), [
        trace.Span(trace_id=TRACE_ID, span_id=SPAN_ID, parent_span_id=PARENT_ID, trace_state="ot=th:8", flags=0x101,
                   name="GET /", kind=3, start_time_unix_nano=T0, end_time_unix_nano=T1, attributes=every_value(),
                   dropped_attributes_count=7, events=[event], dropped_events_count=8, links=[link],
                   dropped_links_count=9, status=trace.Status(code=2, message="boom")),
        trace.Span()], url="https://opentelemetry.io/schemas/1.44.0")


def every_metric():
    exemplars = [
        metrics.Exemplar(filtered_attributes=[text("f", "1")], time_unix_nano=T3, as_double=1.5, trace_id=TRACE_ID,
                         span_id=SPAN_ID),
        metrics.Exemplar(time_unix_nano=T3, as_int=-7)]
    point = dict(attributes=[text("a", "b")], start_time_unix_nano=T0, time_unix_nano=T1, flags=1)
    return metric_data(every_parts(), [
        metrics.Metric(name="gauge", description="d", unit="By", metadata=[text("m", "1")], gauge=metrics.Gauge(
            data_points=[metrics.NumberDataPoint(as_int=-3, exemplars=exemplars, **point),
                         metrics.NumberDataPoint()])),
        metrics.Metric(name="sum", sum=metrics.Sum(
            aggregation_temporality=2, is_monotonic=True,
            data_points=[metrics.NumberDataPoint(as_double=0.1, **point)])),
        metrics.Metric(name="histogram", histogram=metrics.Histogram(
            aggregation_temporality=2, data_points=[metrics.HistogramDataPoint(
                count=2**63, sum=-1.5, bucket_counts=[1, 2**40, 3], explicit_bounds=[0.005, 10], min=-1, max=9,
                exemplars=exemplars, **point), metrics.HistogramDataPoint(count=1)])),
        metrics.Metric(name="exponential", exponential_histogram=metrics.ExponentialHistogram(
            aggregation_temporality=1, data_points=[metrics.ExponentialHistogramDataPoint(
                count=9, sum=4, scale=-3, zero_count=2, zero_threshold=0.25, min=-8, max=8,
                positive=dict(offset=-4, bucket_counts=[1, 300]), negative=dict(offset=2, bucket_counts=[4]),
                exemplars=exemplars, **point)])),
        metrics.Metric(name="summary", summary=metrics.Summary(data_points=[metrics.SummaryDataPoint(
            count=4, sum=2.5, quantile_values=[dict(quantile=0.5, value=1), dict(quantile=0.99, value=2)],
            **point)])),
        metrics.Metric(name="nothing")], url="u")


def every_log():
    return log_data(every_parts(), [
        logs.LogRecord(time_unix_nano=T0, observed_time_unix_nano=T1, severity_number=17, severity_text="ERROR",
                       event_name="device.crash", body=every_value()[7].value, attributes=every_value(),
                       dropped_attributes_count=2, flags=1, trace_id=TRACE_ID, span_id=SPAN_ID),
        logs.LogRecord()], url="u")


for name, message in {
    "example-traces": example_traces(), "example-metrics": example_metrics(), "example-logs": example_logs(),
    "every-field-traces": every_span(), "every-field-metrics": every_metric(), "every-field-logs": every_log(),
}.items():
    (Path(__file__).parent / f"{name}.bin").write_bytes(message.SerializeToString(deterministic=True))
