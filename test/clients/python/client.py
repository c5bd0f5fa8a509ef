"""Sends a workload (workload.ts) with the OpenTelemetry SDK for Python, and prints the ids of its spans.

Where to and how is in the environment, as OTEL_EXPORTER_OTLP_* say it.
"""
import base64
import importlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState


def exporter(module, name):
    """The exporter of the protocol that the environment names."""
    protocol = {"grpc": "grpc", "http/protobuf": "http"}[os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]]
    return getattr(importlib.import_module(f"opentelemetry.exporter.otlp.proto.{protocol}.{module}"), name)()


def value(any_value):
    ((kind, it),) = any_value.items()
    if kind == "intValue":
        return int(it)
    if kind == "doubleValue":
        return float(it)
    if kind == "bytesValue":
        return base64.b64decode(it)
    if kind == "arrayValue":
        return [value(item) for item in it["values"]]
    return attributes(it["values"]) if kind == "kvlistValue" else it


def attributes(items):
    return {item["key"]: value(item["value"]) for item in items}


def parent_of(it, spans):
    if "remoteParent" in it:
        remote = it["remoteParent"]
        state = TraceState([entry.split("=") for entry in remote["traceState"].split(",")])
        ids = int(remote["traceId"], 16), int(remote["spanId"], 16)
        context = SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
        return trace.set_span_in_context(NonRecordingSpan(context), Context())
    return in_context(spans, it.get("parent"))


def in_context(spans, index):
    return Context() if index is None else trace.set_span_in_context(spans[index], Context())


def send_spans(tracer, items):
    spans = []
    for it in items:
        span = tracer.start_span(
            it["name"],
            context=parent_of(it, spans),
            kind=SpanKind(it["kind"] - 1),  # OTLP has 0 for none.
            start_time=int(it["start"]),
            attributes=attributes(it["attributes"]),
            links=[Link(spans[link["span"]].get_span_context(), attributes(link["attributes"])) for link in it["links"]],
        )
        for event in it["events"]:
            span.add_event(event["name"], attributes(event["attributes"]), int(event["time"]))
        if it["status"]["code"]:
            span.set_status(Status(StatusCode(it["status"]["code"]), it["status"]["message"] or None))
        span.end(int(it["end"]))
        spans.append(span)
    return spans


def send_metrics(meter, items, spans):
    create = {
        "counter": meter.create_counter,
        "up_down_counter": meter.create_up_down_counter,
        "gauge": meter.create_gauge,
        "histogram": meter.create_histogram,
        "exponential_histogram": meter.create_histogram,
    }
    for it in items:
        number = {"int": int, "double": float}[it["number"]]
        described = {"unit": it["unit"], "description": it["description"]}
        if it["instrument"] == "observable_counter":
            observations = [Observation(number(m["value"]), attributes(m["attributes"])) for m in it["measurements"]]
            meter.create_observable_counter(it["name"], [lambda _, observed=observations: observed], **described)
            continue
        instrument = create[it["instrument"]](it["name"], **described)
        measure = getattr(instrument, "add", None) or getattr(instrument, "record", None) or instrument.set
        for measured in it["measurements"]:
            context = in_context(spans, measured["span"])
            measure(number(measured["value"]), attributes(measured["attributes"]), context)


def send_logs(logger, items, spans):
    for it in items:
        logger.emit(
            LogRecord(
                timestamp=int(it["time"]),
                observed_timestamp=int(it["observedTime"]),
                context=in_context(spans, it.get("span")),
                severity_number=SeverityNumber(it["severityNumber"]),
                severity_text=it["severityText"],
                body=value(it["body"]) if "body" in it else None,
                attributes=attributes(it["attributes"]),
                event_name=it["eventName"] or None,
            )
        )


def ids_of(context):
    ids = {"traceId": f"{context.trace_id:032x}", "spanId": f"{context.span_id:016x}"}
    return {**ids, "flags": int(context.trace_flags)}


def main():
    workload = json.load(sys.stdin)
    scope = workload["scope"]
    identity = scope["name"], scope["version"]
    resource = Resource(attributes(workload["resource"]))

    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(exporter("trace_exporter", "OTLPSpanExporter")))
    spans = send_spans(tracers.get_tracer(*identity, schema_url=scope["schemaUrl"]), workload["spans"])

    reader = PeriodicExportingMetricReader(exporter("metric_exporter", "OTLPMetricExporter"))
    exponential = View(
        instrument_name="client.exponential_histogram.*", aggregation=ExponentialBucketHistogramAggregation()
    )
    meters = MeterProvider([reader], resource=resource, views=[exponential])
    send_metrics(meters.get_meter(*identity, schema_url=scope["schemaUrl"]), workload["metrics"], spans)

    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(exporter("_log_exporter", "OTLPLogExporter")))
    send_logs(loggers.get_logger(*identity, schema_url=scope["schemaUrl"]), workload["logs"], spans)

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda provider: provider.shutdown(), [tracers, meters, loggers]))
    print(json.dumps([ids_of(span.get_span_context()) for span in spans]))


if __name__ == "__main__":
    main()
