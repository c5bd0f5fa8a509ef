import { beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../confmap/decode.ts";
import { Counters } from "./counters.ts";
import { type MetricsConfig, metrics as metricsConfig } from "./metrics-schema.ts";
import { prometheusText } from "./prometheus-text.ts";
import { boundsOf, readMetrics } from "./views.ts";

const resource = { "service.name": "edge", "service.instance.id": 'a"b' };
let counters: Counters;
beforeEach(() => {
  counters = new Counters();
});

function page(config: object = {}): string {
  const parsed: MetricsConfig = parseConfig(metricsConfig, config);
  const { prometheus } = parsed.readers[0]!.pull!.exporter;
  return prometheusText(readMetrics(counters, parsed), resource, prometheus!);
}

const reader = (prometheus: object) => ({ readers: [{ pull: { exporter: { prometheus } } }] });
const lines = (text: string, name: string) =>
  text.split("\n").filter((line) => line.includes(name) && !line.startsWith("# HELP"));

describe("the page for Prometheus", () => {
  it("is the Collector's, to the byte", () => {
    counters.counter("otelcol_receiver_accepted_spans", { receiver: "otlp", transport: "http" }).add(3);
    counters.observe("gauge", "otelcol_process_memory_rss", {}, () => 36_646_912);
    const sizes = counters.histogram(
      "otelcol_processor_batch_batch_send_size",
      { processor: "batch" },
      [10, 2000],
    );
    for (const size of [4, 10, 11, 5000]) sizes.record(size);
    expect(page()).toBe(`# HELP otelcol_process_memory_rss Total physical memory (resident set size) [Alpha]
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss 3.6646912e+07
# HELP otelcol_processor_batch_batch_send_size Number of units in the batch [Development]
# TYPE otelcol_processor_batch_batch_send_size histogram
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="10"} 2
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="2000"} 3
otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="+Inf"} 4
otelcol_processor_batch_batch_send_size_sum{processor="batch"} 5025
otelcol_processor_batch_batch_send_size_count{processor="batch"} 4
# HELP otelcol_receiver_accepted_spans Number of spans successfully pushed into the pipeline. [Alpha]
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 3
# HELP promhttp_metric_handler_errors_total Total number of internal errors encountered by the promhttp metric handler.
# TYPE promhttp_metric_handler_errors_total counter
promhttp_metric_handler_errors_total{cause="encoding"} 0
promhttp_metric_handler_errors_total{cause="gathering"} 0
# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_instance_id="a\\"b",service_name="edge"} 1
`);
  });

  it("adds units and types to names where the user wants them", () => {
    counters.counter("otelcol_exporter_sent_spans", { exporter: "out" }).add(1);
    counters.observe("counter", "otelcol_process_uptime", {}, () => 2.5);
    counters.observe("counter", "otelcol_process_cpu_seconds", {}, () => 1);
    counters.observe("gauge", "otelcol_process_memory_rss", {}, () => 5);
    const text = page(reader({ without_units: false, without_type_suffix: false }));
    expect(lines(text, "otelcol_")).toEqual([
      "# TYPE otelcol_exporter_sent_spans_total counter",
      'otelcol_exporter_sent_spans_total{exporter="out"} 1',
      "# TYPE otelcol_process_cpu_seconds_total counter",
      "otelcol_process_cpu_seconds_total 1",
      "# TYPE otelcol_process_memory_rss_bytes gauge",
      "otelcol_process_memory_rss_bytes 5",
      "# TYPE otelcol_process_uptime_seconds_total counter",
      "otelcol_process_uptime_seconds_total 2.5",
    ]);
  });

  it("names scopes, and the resource in every series, where the user wants them", () => {
    counters.counter("otelcol_exporter_sent_spans", { exporter: "out" }).add(1);
    const text = page(
      reader({ without_scope_info: false, with_resource_constant_labels: { included: ["service.na*"] } }),
    );
    expect(lines(text, "otelcol_exporter_sent_spans{")).toEqual([
      'otelcol_exporter_sent_spans{exporter="out",otel_scope_name="go.opentelemetry.io/collector/exporter/exporterhelper",otel_scope_schema_url="",otel_scope_version="",service_name="edge"} 1',
    ]);
  });

  it("shows more at higher levels", () => {
    const failed = "otelcol_exporter_send_failed_spans";
    for (const permanent of ["true", "false"])
      counters.counter(failed, { exporter: "out", "error.permanent": permanent }).add(2);
    counters.counter("otelcol_processor_batch_timeout_trigger_send", { processor: "batch" });
    counters.histogram("otelcol_exporter_queue_batch_send_size_bytes", { exporter: "out" }, [1]);
    const shown = (level: string) =>
      lines(page({ level }), "otelcol_").filter((line) => !/_(bucket|sum|count)\{/.test(line));
    const normal = [`# TYPE ${failed} counter`, `${failed}{exporter="out"} 4`];
    const batch = [
      "# TYPE otelcol_processor_batch_timeout_trigger_send counter",
      'otelcol_processor_batch_timeout_trigger_send{processor="batch"} 0',
    ];
    expect(shown("basic")).toEqual(normal);
    expect(shown("normal")).toEqual([...normal, ...batch]);
    expect(shown("detailed")).toEqual([
      "# TYPE otelcol_exporter_queue_batch_send_size_bytes histogram",
      `# TYPE ${failed} counter`,
      `${failed}{error_permanent="false",exporter="out"} 2`,
      `${failed}{error_permanent="true",exporter="out"} 2`,
      ...batch,
    ]);
  });

  it("obeys the user's views", () => {
    counters.counter("otelcol_exporter_sent_spans", { exporter: "a" }).add(1);
    counters.counter("otelcol_exporter_sent_spans", { exporter: "b" }).add(2);
    counters.counter("otelcol_exporter_sent_log_records", { exporter: "b" }).add(2);
    const views = [
      { selector: { instrument_name: "otelcol_*_log_records" }, stream: { aggregation: { drop: {} } } },
      {
        selector: { instrument_name: "otelcol_exporter_sent_span?", instrument_type: "counter" },
        stream: { name: "sent", description: "All of it.", attribute_keys: { excluded: ["exporter"] } },
      },
    ];
    const text = page({ level: "detailed", views });
    expect(text).toContain("# HELP sent All of it.\n# TYPE sent counter\nsent 3\n");
    expect(text).not.toContain("otelcol_");
  });

  it("shows a histogram in the user's buckets, without labels, or as its sum", () => {
    const name = "otelcol_processor_batch_batch_send_size";
    const view = (aggregation: object, stream: object = {}) => ({
      level: "detailed",
      views: [{ selector: { instrument_name: name }, stream: { ...stream, aggregation } }],
    });
    const buckets = view(
      { explicit_bucket_histogram: { boundaries: [1, 5] } },
      { attribute_keys: { excluded: ["processor"] } },
    );
    counters.boundsOf = (wanted) => boundsOf(wanted, parseConfig(metricsConfig, buckets));
    for (const processor of ["batch", "batch/2"])
      for (const size of [1, 4]) counters.histogram(name, { processor }, [10, 2000]).record(size);
    expect(lines(page(buckets), name)).toEqual([
      `# TYPE ${name} histogram`,
      `${name}_bucket{le="1"} 2`,
      `${name}_bucket{le="5"} 4`,
      `${name}_bucket{le="+Inf"} 4`,
      `${name}_sum 10`,
      `${name}_count 4`,
    ]);
    expect(lines(page(view({ sum: {} })), name)).toEqual([
      `# TYPE ${name} counter`,
      `${name}{processor="batch"} 5`,
      `${name}{processor="batch/2"} 5`,
    ]);
  });
});
