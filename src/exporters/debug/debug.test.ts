import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import { dataFromBytes, type Signal, Traces } from "../../pdata/index.ts";
import { shortest } from "../helper/go-float.ts";
import { debugConfig } from "./config.ts";
import { debugExporterFactory } from "./factory.ts";
import { fixed, timestamp, typedValue } from "./go.ts";
import { openOutput, sampled } from "./output.ts";

/** A request made by the official protobuf library (src/pdata/testdata/make.py). */
function request<S extends Signal>(signal: S, name: "example" | "every-field") {
  const bytes = readFileSync(new URL(`../../pdata/testdata/${name}-${signal}.bin`, import.meta.url));
  return dataFromBytes(signal, bytes);
}

/** What the exporter writes to a file for requests of all three signals. */
async function written(
  name: "example" | "every-field",
  verbosity: string,
  signals: readonly Signal[],
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "debug-exporter-"));
  const path = join(directory, "out.txt");
  const config = parseConfig(debugConfig, { verbosity, use_internal_logger: false, output_paths: [path] });
  for (const signal of signals) {
    const exporter = debugExporterFactory.create(settings("debug"), config, signal);
    await exporter.start(new HostRecorder());
    await exporter.consume(request(signal, name));
    await exporter.shutdown(new AbortController().signal);
  }
  const text = readFileSync(path, "utf8");
  rmSync(directory, { recursive: true });
  return text;
}

describe("debug exporter", () => {
  // What the Collector (debugexporter 0.164) wrote of the same requests.
  it.each([
    ["example", "normal"],
    ["example", "detailed"],
    ["every-field", "normal"],
    ["every-field", "detailed"],
  ] as const)("writes %s, %s, to the byte as the Collector does", async (name, verbosity) => {
    const golden = readFileSync(new URL(`testdata/${name}-${verbosity}.txt`, import.meta.url), "utf8");
    expect(await written(name, verbosity, ["traces", "metrics", "logs"])).toBe(golden);
  });
});

describe("debug exporter, detailed", () => {
  it("writes a span as the Collector does", async () => {
    expect(await written("example", "detailed", ["traces"])).toBe(`Traces	{"resource spans": 1, "spans": 1}
ResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(my.service)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope my.library 1.0.0
InstrumentationScope attributes:
     -> my.scope.attribute: Str(some scope attribute)
Span #0
    Trace ID       : 5b8efff798038103d269b633813fc60c
    Parent ID      : eee19b7ec3c1b173
    ID             : eee19b7ec3c1b174
    Name           : I'm a server span
    Kind           : Server
    Start time     : 2018-12-13 14:51:00 +0000 UTC
    End time       : 2018-12-13 14:51:01 +0000 UTC
    Status code    : Unset
    Status message : 
    DroppedAttributesCount: 0
    DroppedEventsCount: 0
    DroppedLinksCount: 0
Attributes:
     -> my.span.attr: Str(some value)

`);
  });

  it("writes events, links, entities and every kind of value", async () => {
    const text = await written("every-field", "detailed", ["traces"]);
    expect(text).toContain(`Resource entity refs:
     -> Entity ref #0:
          -> Type: host
          -> Schema URL: e
          -> ID keys:
               -> host.id
          -> Description keys:
               -> host.name
               -> host.arch
`);
    expect(text).toContain(`    Kind           : Client
    TraceState     : ot=th:8
`);
    expect(text).toContain(`    DroppedAttributesCount: 7
    DroppedEventsCount: 8
    DroppedLinksCount: 9
Attributes:
`);
    expect(text).toContain(`     -> empty: Empty()
     -> none: Empty()
Events:
SpanEvent #0
     -> Name: exception
     -> Timestamp: 2018-12-13 14:51:00.3 +0000 UTC
     -> DroppedAttributesCount: 5
     -> Attributes::
          -> string: Str(grüße 👋)
          -> true: Bool(true)
          -> false: Bool(false)
          -> int: Int(-9223372036854775808)
          -> max: Int(9223372036854775807)
          -> double: Double(-0.5)
          -> array: Slice(["a",-1,null])
          -> map: Map({"k":"v","n":["a",-1,null]})
          -> bytes: Bytes(AP8=)
          -> empty: Empty()
          -> none: Empty()
Links:
SpanLink #0
     -> Trace ID: 5b8efff798038103d269b633813fc60c
     -> ID: eee19b7ec3c1b173
     -> TraceState: l=1
     -> DroppedAttributesCount: 6
     -> Attributes::
          -> l: Str(1)
`);
  });

  it("writes exemplars, metadata, summaries and negative buckets", async () => {
    const text = await written("every-field", "detailed", ["metrics"]);
    expect(text).toContain(`     -> DataType: Gauge
     -> Metadata:
          -> m: Str(1)
NumberDataPoints #0
Data point attributes:
     -> a: Str(b)
StartTimestamp: 2018-12-13 14:51:00 +0000 UTC
Timestamp: 2018-12-13 14:51:01 +0000 UTC
Value: -3
Exemplars:
Exemplar #0
     -> Trace ID: 5b8efff798038103d269b633813fc60c
     -> Span ID: eee19b7ec3c1b174
     -> Timestamp: 2018-12-13 14:51:00.3 +0000 UTC
     -> Value: 1.500000
     -> FilteredAttributes:
          -> f: Str(1)
Exemplar #1
     -> Trace ID: 
     -> Span ID: 
     -> Timestamp: 2018-12-13 14:51:00.3 +0000 UTC
     -> Value: -7
`);
    expect(text).toContain(`Bucket [-16777216.000000, -65536.000000), Count: 4
Bucket [0, 0], Count: 2
`);
    expect(text).toContain(`Count: 4
Sum: 2.500000
QuantileValue #0: Quantile 0.500000, Value 1.000000
QuantileValue #1: Quantile 0.990000, Value 2.000000
`);
    expect(text).toContain(`     -> Name: nothing
     -> Description: 
     -> Unit: 
     -> DataType: Empty
`);
  });

  it("writes a log record's event name and severity", async () => {
    const text = await written("every-field", "detailed", ["logs"]);
    expect(text).toContain(`SeverityText: ERROR
SeverityNumber: Error(17)
EventName: device.crash
Body: Map({"k":"v","n":["a",-1,null]})
`);
    expect(text).toContain("SeverityNumber: Unspecified(0)\nBody: Empty()\n");
  });
});

describe("debug exporter, normal and basic", () => {
  it("writes a line per item", async () => {
    expect(
      await written("example", "normal", ["traces", "metrics", "logs"]),
    ).toBe(`Traces	{"resource spans": 1, "spans": 1}
ResourceTraces #0 service.name=my.service
ScopeTraces #0 my.library@1.0.0 my.scope.attribute=some scope attribute
I'm a server span 5b8efff798038103d269b633813fc60c eee19b7ec3c1b174 my.span.attr=some value

Metrics	{"resource metrics": 1, "metrics": 4, "data points": 4}
ResourceMetrics #0 service.name=my.service
ScopeMetrics #0 my.library@1.0.0 my.scope.attribute=some scope attribute
my.counter{my.counter.attr=some value} 5
my.gauge{my.gauge.attr=some value} 10
my.histogram{my.histogram.attr=some value} count=2 sum=2 min=0 max=2 le1=1 1
my.exponential.histogram{my.exponential.histogram.attr=some value} count=3 sum=10 min=0 max=5 zero=1 le4=0 le7.999999999999998=2

Logs	{"resource logs": 1, "log records": 1}
ResourceLog #0 service.name=my.service
ScopeLog #0 my.library@1.0.0 my.scope.attribute=some scope attribute
Example log record string.attribute=some string boolean.attribute=true int.attribute=10 double.attribute=637.704 array.attribute=["many","values"] map.attribute={"some.map.key":"some value"}

`);
    const urls = await written("every-field", "normal", ["metrics"]);
    expect(urls).toContain("ResourceMetrics #0 [u] string=");
    expect(urls).toContain("ScopeMetrics #0 lib@2 [u] string=");
    expect(urls).toContain("summary{a=b} count=4 sum=2.500000 q0.5=1 q0.99=2\n");
  });

  it("logs the counts, through the agent's own log by default", async () => {
    const logger = new LogRecorder();
    const config = parseConfig(debugConfig, undefined);
    for (const signal of ["traces", "metrics", "logs"] as const) {
      await debugExporterFactory
        .create(settings("debug", logger), config, signal)
        .consume(request(signal, "every-field"));
    }
    expect(logger.records).toEqual([
      { level: "info", attributes: { "resource spans": 1, spans: 2 }, message: "Traces" },
      {
        level: "info",
        attributes: { "resource metrics": 1, metrics: 6, "data points": 7 },
        message: "Metrics",
      },
      { level: "info", attributes: { "resource logs": 1, "log records": 2 }, message: "Logs" },
    ]);
  });

  it("refuses for good what is not OTLP", async () => {
    const config = parseConfig(debugConfig, undefined);
    const exporter = debugExporterFactory.create(settings("debug"), config, "traces");
    await expect(exporter.consume(Traces.fromBytes(Buffer.from("oops")))).rejects.toThrow(PermanentError);
    await exporter.consume(traces(1));
  });
});

describe("debug exporter's sampling", () => {
  function shownOf(initial: number, thereafter: number, times: readonly number[]): number[] {
    const shown: number[] = [];
    let now = 0;
    const config = parseConfig(debugConfig, { sampling_initial: initial, sampling_thereafter: thereafter });
    const output = sampled(
      config,
      () => now,
      () => shown.push(now),
    );
    for (now of times) output("Traces", {});
    return shown;
  }

  it("shows the first few of a second, then every nth", () => {
    const times = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1999, 2000, 2001];
    expect(shownOf(2, 3, times)).toEqual([1000, 1001, 1004, 1007, 2000, 2001]);
    expect(shownOf(2, 1, times)).toEqual(times);
    expect(shownOf(1, 0, times)).toEqual([1000, 2000]);
  });

  it("counts each message by itself", () => {
    const shown: string[] = [];
    const config = parseConfig(debugConfig, { sampling_initial: 1, sampling_thereafter: 0 });
    const output = sampled(
      config,
      () => 0,
      (message) => shown.push(message),
    );
    for (const message of ["a", "b", "a"]) output(message, {});
    expect(shown).toEqual(["a", "b"]);
  });
});

describe("debug exporter's configuration", () => {
  it("writes to standard output unless told otherwise", () => {
    const appended: [string, string][] = [];
    const section = { use_internal_logger: false };
    for (const paths of [{}, { output_paths: ["stderr", "f"] }]) {
      const output = openOutput(
        parseConfig(debugConfig, { ...section, ...paths }),
        new LogRecorder(),
        (path, text) => appended.push([path, text]),
      );
      output("message", { "log records": 1 });
    }
    const line = 'message\t{"log records": 1}\n';
    expect(appended).toEqual([
      ["stdout", line],
      ["stderr", line],
      ["f", line],
    ]);
  });

  it("refuses a verbosity it does not know, and output paths beside the internal logger", () => {
    expect(() => parseConfig(debugConfig, { verbosity: "loud" })).toThrow('unknown metrics level "loud"');
    expect(() => parseConfig(debugConfig, { output_paths: ["f"] })).toThrow(
      "output_paths is not supported when use_internal_logger is true",
    );
  });
});

describe("Go's formats", () => {
  // Each row was printed by Go: %f, %v, and the text of a pdata double.
  it.each([
    [0.5, "0.500000", "0.5", "0.5"],
    [1e-5, "0.000010", "1e-05", "0.00001"],
    [0.0001, "0.000100", "0.0001", "0.0001"],
    [1e20, "100000000000000000000.000000", "1e+20", "100000000000000000000"],
    [1e21, "1000000000000000000000.000000", "1e+21", "1e+21"],
    [-0, "-0.000000", "-0", "-0"],
    [1e-7, "0.000000", "1e-07", "1e-7"],
    [123456789.123, "123456789.123000", "1.23456789123e+08", "123456789.123"],
    [0.0000015, "0.000002", "1.5e-06", "0.0000015"],
    [Number.POSITIVE_INFINITY, "+Inf", "+Inf", "json: unsupported value: +Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf", "-Inf", "json: unsupported value: -Inf"],
    [Number.NaN, "NaN", "NaN", "json: unsupported value: NaN"],
  ])("write %s", (value, f, v, json) => {
    expect([fixed(value), shortest(value), typedValue(value)]).toEqual([f, v, `Double(${json})`]);
  });

  it("escape JSON text and sort its keys", () => {
    const map = {
      entries: [
        { key: "b<", value: 1n },
        { key: "a", value: "x&y\u2028\u007f\u0001\b\f" },
      ],
    };
    expect(typedValue(map)).toBe('Map({"a":"x\\u0026y\\u2028\u007f\\u0001\\b\\f","b\\u003c":1})');
  });

  it("write times without trailing zeros, and times no clock shows", () => {
    expect(timestamp(0n)).toBe("1970-01-01 00:00:00 +0000 UTC");
    expect(timestamp(1_581_452_772_000_000_321n)).toBe("2020-02-11 20:26:12.000000321 +0000 UTC");
    expect(timestamp(2n ** 64n - 1n)).toBe("2554-07-21 23:34:33.709551615 +0000 UTC");
  });
});
