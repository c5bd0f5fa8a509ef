import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeLogs } from "../decode/logs.ts";
import { decodeMetrics } from "../decode/metrics.ts";
import { decodeTraces } from "../decode/traces.ts";
import { dataFromBytes, MalformedError, type Signal } from "../index.ts";
import { decodeJson } from "./decode.ts";

const DECODE = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs };

function testdata(name: string): Buffer {
  return readFileSync(new URL(`../testdata/${name}`, import.meta.url));
}

/** What one span, data point or log record becomes. */
const span = (json: string) => {
  const { scopes } = decodeTraces(
    decodeJson("traces", Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`)).bytes(),
  )[0]!;
  return scopes[0]!.items[0]!;
};
const record = (json: string) => {
  const text = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${json}]}]}]}`;
  return decodeLogs(decodeJson("logs", Buffer.from(text)).bytes())[0]!.scopes[0]!.items[0]!;
};
const body = (json: string) => record(`{"body":${json}}`).body;
const metric = (json: string) => {
  const text = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${json}]}]}]}`;
  return decodeMetrics(decodeJson("metrics", Buffer.from(text)).bytes())[0]!.scopes[0]!.items[0]!;
};

function refusal(signal: Signal, json: string | Buffer): string {
  try {
    decodeJson(signal, Buffer.from(json));
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return (error as Error).message;
  }
  return "accepted";
}

describe("decodeJson", () => {
  it.each(["traces", "metrics", "logs"] as const)("reads every field of %s", (signal) => {
    const decoded = decodeJson(signal, testdata(`every-field-${signal}.jsonl`));
    const original = dataFromBytes(signal, testdata(`every-field-${signal}.bin`));
    expect(DECODE[signal](decoded.bytes())).toEqual(DECODE[signal](original.bytes()));
    expect(decoded.itemCount).toBe(original.itemCount);
  });

  it("takes snake_case, numbers for 64-bit integers, and names of enums", () => {
    const decoded = span(
      `{"trace_id":"5B8EFFF798038103D269B633813FC60C","parent_span_id":"","start_time_unix_nano":1544712660000000001,
        "kind":"SPAN_KIND_CLIENT","dropped_attributes_count":"7","status":{"code":"STATUS_CODE_ERROR"},
        "attributes":[{"key":"k","value":{"int_value":9007199254740993}}]}`,
    );
    expect(decoded).toMatchObject({
      traceId: "5b8efff798038103d269b633813fc60c",
      parentSpanId: "",
      startTime: 1_544_712_660_000_000_001n,
      kind: 3,
      droppedAttributesCount: 7,
      status: { code: 2 },
      attributes: [{ key: "k", value: 9_007_199_254_740_993n }],
    });
    expect(metric('{"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}}').data).toMatchObject({
      temporality: 1,
    });
    expect(record('{"severityNumber":"SEVERITY_NUMBER_FATAL4"}').severityNumber).toBe(24);
  });

  it("skips what it does not know, and takes null for nothing", () => {
    expect(
      span(
        `{"new":{"a":[1,-2.5e3,"x\\"]}",true,false,null,{}],"b":[]},"n\\u0061me":"kept","traceId":null,"attributes":null,
          "status":null,"events":[null],"kind":null}`,
      ),
    ).toMatchObject({ name: "kept", traceId: "", attributes: [], kind: 0, events: [{ name: "" }] });
    for (const empty of ["null", "{}", ' {"resourceSpans" : [ ] }\n', '{"resourceSpans":null}']) {
      expect(decodeJson("traces", Buffer.from(empty)).byteLength).toBe(0);
    }
  });

  it.each([
    ['{"stringValue":"grüße \\ud83d\\ude00 \\u00e9\\n\\/\\"\\\\"}', 'grüße 😀 é\n/"\\'],
    ['{"stringValue":"\\ud83d x \\ude00"}', "\ufffd x \ufffd"],
    ['{"stringValue":""}', ""],
    [`{"stringValue":"${"ü".repeat(200)}"}`, "ü".repeat(200)],
    ['{"boolValue":false}', false],
    ['{"intValue":"-9223372036854775808"}', -(2n ** 63n)],
    ['{"intValue":9223372036854775807}', 2n ** 63n - 1n],
    ['{"intValue":-1}', -1n],
    ['{"intValue":1e3}', 1000n],
    ['{"intValue":"2.0"}', 2n],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['{"doubleValue":"1.5e-7"}', 1.5e-7],
    ['{"doubleValue":-0}', -0],
    ['{"bytesValue":"AP8="}', Buffer.from([0, 255])],
    ['{"bytesValue":"-_8"}', Buffer.from([251, 255])],
    ['{"bytesValue":"\\/\\/8="}', Buffer.from([255, 255])],
    ['{"arrayValue":{}}', []],
    ['{"kvlistValue":{"values":[{"key":"a"}]}}', { entries: [{ key: "a", value: undefined }] }],
    ['{"stringValue":"first","intValue":"2"}', 2n],
    ["{}", undefined],
  ])("reads the value %s", (json, value) => {
    expect(body(json)).toEqual(value);
  });

  it("makes text of bytes that are not UTF-8", () => {
    const json = Buffer.from('{"resourceSpans":[{"schemaUrl":"a\xffb"}]}', "latin1");
    expect(decodeTraces(decodeJson("traces", json).bytes())[0]!.schemaUrl).toBe("a\ufffdb");
  });

  it("packs numbers, and reads all of the histograms' fields", () => {
    const point = `{"scale":-3,"zeroThreshold":"0.5","min":-1,"positive":{"offset":-2,"bucketCounts":[1,"18446744073709551615"]}}`;
    expect(metric(`{"exponentialHistogram":{"dataPoints":[${point}]}}`).data).toMatchObject({
      points: [
        {
          scale: -3,
          zeroThreshold: 0.5,
          min: -1,
          max: undefined,
          positive: { offset: -2, bucketCounts: [1n, 2n ** 64n - 1n] },
        },
      ],
    });
    const times = [
      0,
      999_999_999_999_999,
      1_000_000_000_000_000n,
      17_179_869_184_000_000_000n,
      2n ** 64n - 1n,
    ];
    for (const time of times) {
      expect(span(`{"startTimeUnixNano":${time},"endTimeUnixNano":"${time}"}`)).toMatchObject({
        startTime: BigInt(time),
        endTime: BigInt(time),
      });
    }
  });

  const inSpan = (json: string) => `{"resourceSpans":[{"scopeSpans":[{},{"spans":[{},{${json}}]}]}]}`;

  it.each([
    ["", 'malformed JSON at byte 0: expected "{", found the end'],
    ["[]", 'malformed JSON at byte 0: expected "{", found "["'],
    ["{} x", 'malformed JSON at byte 3: expected the end, found "x"'],
    ['{"resourceSpans":[{}', 'malformed JSON at resourceSpans[0] (byte 20): expected "]", found the end'],
    ['{"resourceSpans":{}}', 'malformed JSON at resourceSpans (byte 17): expected "[", found "{"'],
    [
      inSpan('"traceId":"abcd"'),
      "resourceSpans[0].scopeSpans[1].spans[1].traceId (byte 66): an id of 4 hex digits, expected 32",
    ],
    [inSpan('"spanId":"eee19b7ec3c1b17x"'), 'spanId (byte 77): "eee19b7ec3c1b17x" is not hex'],
    [inSpan('"spanId":5'), 'spanId (byte 59): expected a string, found "5"'],
    [inSpan('"kind":"SERVER"'), 'kind (byte 65): unknown value "SERVER"'],
    [inSpan('"kind":1.5'), 'kind (byte 60): "1.5" is not an integer'],
    [inSpan('"flags":-1'), "flags (byte 60): -1 is out of range for uint32"],
    [inSpan('"flags":4294967296'), "flags (byte 68): 4294967296 is out of range for uint32"],
    [inSpan('"startTimeUnixNano":"18446744073709551616"'), "18446744073709551616 is out of range for uint64"],
    [inSpan('"startTimeUnixNano":true'), 'startTimeUnixNano (byte 70): expected a number, found "t"'],
    [inSpan('"name":"a\tb"'), "name (byte 58): control character in a string"],
    [inSpan('"name":"\\x"'), "name (byte 60): wrong escape in a string"],
    [inSpan('"name":"\\u12g4"'), "wrong escape in a string"],
    [
      inSpan('"attributes":[{"value":{"boolValue":"true"}}]'),
      'attributes[0].value.boolValue (byte 86): expected true or false, found "\\""',
    ],
    [
      inSpan('"attributes":[{"value":{"bytesValue":"A*=="}}]'),
      "attributes[0].value.bytesValue (byte 93): not base64",
    ],
    [inSpan('"attributes":[{"value":{"doubleValue":"x"}}]'), 'doubleValue (byte 91): "x" is not a number'],
    [inSpan('"attributes":[{"value":{"doubleValue":1e999}}]'), "1e999 is out of range for double"],
    [inSpan('"attributes":[{"value":{"doubleValue":1.}}]'), '"1." is not a number'],
    [inSpan('"unknown":tru'), '(byte 60): expected true, found "t"'],
    [inSpan('"unknown":[1,2'), 'expected "]"'],
    [inSpan('"name":"x",'), 'expected a key, found "}"'],
  ])("refuses %s and says where", (json, message) => {
    expect(refusal("traces", json)).toContain(message);
  });

  it("refuses what is nested without end, known or not", () => {
    const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
    const values = (times: number) =>
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep('{"arrayValue":{"values":[', "]}}", times)}}]}]}]}`;
    expect(refusal("logs", values(5000))).toContain("nested over 100 levels deep");
    expect(refusal("logs", values(100))).toContain("accepted");
    expect(() => decodeLogs(decodeJson("logs", Buffer.from(values(100))).bytes())).not.toThrow();
    expect(refusal("logs", `{"unknown":${deep("[", "]", 100_000)}}`)).toContain(
      "nested over 500 levels deep",
    );
  });
});
