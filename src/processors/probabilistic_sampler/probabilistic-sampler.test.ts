import { describe, expect, it } from "vitest";
import { settings } from "../../../test/support/component.ts";
import { type ConfigError, parseConfig } from "../../confmap/decode.ts";
import { toObject } from "../../pdata/decode/common.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import {
  type AnyValue,
  attributeKey,
  editData,
  Logs,
  type Traces,
  TracesBuilder,
} from "../../pdata/index.ts";
import {
  parseRandomness,
  parseThreshold,
  probabilityOf,
  thresholdHex,
  thresholdOf,
} from "../../pdata/sampling.ts";
import { Counters } from "../../service/telemetry/counters.ts";
import { probabilisticSamplerProcessorFactory as factory } from "./factory.ts";
import { fnv1a } from "./hash.ts";

interface Given {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly traceState?: string;
  readonly attributes?: Readonly<Record<string, AnyValue>>;
}

function spans(given: readonly Given[]): Traces {
  const builder = new TracesBuilder().beginResource().beginScope("test");
  for (const { traceId, traceState = "" } of given) {
    builder.beginSpan().traceId(Buffer.from(traceId, "hex"));
    if (traceState) builder.traceState(traceState);
    builder.endSpan();
  }
  let index = 0;
  return editData<"traces">(builder.finish(), {
    item({ attributes }) {
      for (const [key, value] of Object.entries(given[index++]!.attributes ?? {}))
        attributes.set(attributeKey(key), value);
      return true;
    },
  });
}

async function sample(raw: object, data: Traces, counters = new Counters()) {
  const taken: Traces[] = [];
  const next = { capabilities: { mutatesData: false }, consume: async (one: Traces) => void taken.push(one) };
  const config = parseConfig(factory.config, raw);
  await factory
    .create({ ...settings("probabilistic_sampler"), counters }, config, "traces", next)
    .consume(data);
  return taken.flatMap((one) =>
    decodeTraces(one.bytes()).flatMap(({ scopes }) =>
      scopes.flatMap(({ items }) => items.map(({ traceId, traceState }) => ({ traceId, traceState }))),
    ),
  );
}

/** Trace ids whose last 56 bits are evenly spread. */
function evenly(count: number): Given[] {
  return Array.from({ length: count }, (_, i) => {
    const randomness = (BigInt(i) << 56n) / BigInt(count);
    return { traceId: `00000000000000aa00${randomness.toString(16).padStart(14, "0")}` };
  });
}

/** A trace id with this randomness, of 14 hexadecimal digits. */
function withRandomness(digits: string): string {
  return `0123456789abcdef00${digits}`;
}

describe("thresholds", () => {
  it.each([
    [1, 4, "0"],
    [0.5, 4, "8"],
    [0.25, 4, "c"],
    [0.1, 4, "e666"],
    [1 / 3, 4, "aaab"],
    [0.01, 4, "fd70a"],
    [0.999, 4, "004189"],
    [2 ** -56, 4, "ffffffffffffff"],
  ])("of %d to %d digits is %s", (probability, precision, digits) => {
    const threshold = thresholdOf(probability, precision)!;
    expect(thresholdHex(threshold)).toBe(digits);
    expect(parseThreshold(digits)).toBe(threshold);
    expect(Math.abs(probabilityOf(threshold) - probability) / probability).toBeLessThan(0.001);
  });

  it("are none outside of their range", () => {
    expect(thresholdOf(2 ** -57, 4)).toBeUndefined();
    expect(thresholdOf(1.1, 4)).toBeUndefined();
    expect(parseThreshold("x")).toBeUndefined();
    expect(parseThreshold("123456789012345")).toBeUndefined();
    expect(parseRandomness("123")).toBeUndefined();
  });
});

describe("hash_seed", () => {
  it("hashes as FNV-1a over the seed and the bytes", () => {
    // From a second implementation, in Python.
    expect(fnv1a(new Uint8Array(), 0)).toBe(1268118805);
    expect(fnv1a(Buffer.from("foobar"), 22)).toBe(1188405458);
  });

  it("keeps about the share that was asked for, and says so in tracestate", async () => {
    const kept = await sample({ sampling_percentage: 25 }, spans(evenly(4000)));
    expect(kept.length / 4000).toBeGreaterThan(0.22);
    expect(kept.length / 4000).toBeLessThan(0.28);
    for (const { traceState } of kept) expect(traceState).toMatch(/^ot=rv:[0-9a-f]{14};th:c$/);
  });

  it("decides the same for the same id, another way for another seed, and never gains by a lower share", async () => {
    const data = evenly(500);
    const ids = async (raw: object) => (await sample(raw, spans(data))).map(({ traceId }) => traceId);
    const half = await ids({ sampling_percentage: 50, hash_seed: 7 });
    expect(await ids({ sampling_percentage: 50, hash_seed: 7 })).toEqual(half);
    expect(await ids({ sampling_percentage: 50, hash_seed: 8 })).not.toEqual(half);
    const tenth = await ids({ sampling_percentage: 10, hash_seed: 7 });
    expect(tenth.every((id) => half.includes(id))).toBe(true);
  });

  it("keeps all from 100 % on and none at 0 %", async () => {
    expect(await sample({ sampling_percentage: 250 }, spans(evenly(50)))).toHaveLength(50);
    expect(await sample({}, spans(evenly(50)))).toHaveLength(0);
  });

  it.each([
    ["fails closed on what was sampled by a threshold", true, 0],
    ["fails open where it may", false, 1],
  ])("%s", async (_, failClosed, count) => {
    const given = [{ traceId: withRandomness("ffffffffffffff"), traceState: "ot=th:8" }];
    const kept = await sample({ sampling_percentage: 100, fail_closed: failClosed }, spans(given));
    expect(kept.map(({ traceState }) => traceState)).toEqual(Array.from({ length: count }, () => "ot=th:8"));
  });
});

describe("equalizing", () => {
  const raw = { mode: "equalizing", sampling_percentage: 25 };

  it("keeps exactly the ids above the threshold", async () => {
    const kept = await sample(raw, spans(evenly(400)));
    expect(kept).toHaveLength(100);
    expect(new Set(kept.map(({ traceState }) => traceState))).toEqual(new Set(["ot=th:c"]));
  });

  it.each([
    ["lowers a higher probability", "d0000000000000", "ot=th:8", "ot=th:c"],
    ["leaves a lower one", "f0000000000000", "ot=th:f", "ot=th:f"],
    ["keeps other vendors and members", "d0000000000000", "a=1,ot=th:8;x:y,b=2", "ot=th:c;x:y,a=1,b=2"],
    ["takes randomness from rv", "00000000000000", "ot=rv:ffffffffffffff", "ot=rv:ffffffffffffff;th:c"],
  ])("%s", async (_, randomness, traceState, expected) => {
    const kept = await sample(raw, spans([{ traceId: withRandomness(randomness), traceState }]));
    expect(kept.map((span) => span.traceState)).toEqual([expected]);
  });

  it.each([
    ["a threshold that the id contradicts", "70000000000000", "ot=th:8"],
    ["a tracestate that is none", "ff000000000000", "ot=th:zz"],
  ])("drops, or keeps when it may, %s", async (_, randomness, traceState) => {
    const data = spans([{ traceId: withRandomness(randomness), traceState }]);
    expect(await sample(raw, data)).toHaveLength(0);
    expect(await sample({ ...raw, fail_closed: false }, data)).toHaveLength(1);
  });
});

describe("proportional", () => {
  it.each([
    ["of a whole", "c0000000000000", "", "ot=th:8"],
    ["of a half", "c0000000000000", "ot=th:8", "ot=th:c"],
  ])("halves the probability %s", async (_, randomness, traceState, expected) => {
    const raw = { mode: "proportional", sampling_percentage: 50 };
    const kept = await sample(raw, spans([{ traceId: withRandomness(randomness), traceState }]));
    expect(kept.map((span) => span.traceState)).toEqual([expected]);
  });
});

describe("sampling.priority", () => {
  it.each<[AnyValue, number, number]>([
    [0n, 100, 0],
    [1n, 0, 1],
    ["1", 0, 1],
    [0.5, 0, 1],
    ["0", 100, 0],
    ["high", 100, 1],
    [-1n, 0, 0],
  ])("%s at %d %%: %d", async (priority, percentage, count) => {
    const given = [
      { traceId: withRandomness("00000000000001"), attributes: { "sampling.priority": priority } },
    ];
    expect(await sample({ sampling_percentage: percentage }, spans(given))).toHaveLength(count);
  });
});

describe("counters", () => {
  it("count decisions by policy and outcome", async () => {
    const counters = new Counters();
    await sample({ mode: "equalizing", sampling_percentage: 50 }, spans(evenly(10)), counters);
    const name = "otelcol_processor_probabilistic_sampler_count_spans_processed";
    expect(counters.snapshot()).toMatchObject({
      [`${name}{policy="trace_id_w3c",sampled="true"}`]: 5,
      [`${name}{policy="trace_id_w3c",sampled="false"}`]: 5,
    });
  });
});

describe("logs", () => {
  async function sampleLogs(raw: object, attributes: Readonly<Record<string, AnyValue>>) {
    const record = Buffer.from([0x0a, 6, 0x12, 4, 0x12, 2, 0x1a, 0]); // ResourceLogs, ScopeLogs, LogRecord with empty text
    const given = editData<"logs">(Logs.fromBytes(record), {
      item(item) {
        for (const [key, value] of Object.entries(attributes)) item.attributes.set(attributeKey(key), value);
        return true;
      },
    });
    const taken: Logs[] = [];
    const next = { capabilities: { mutatesData: false }, consume: async (one: Logs) => void taken.push(one) };
    await factory
      .create(settings("probabilistic_sampler"), parseConfig(factory.config, raw), "logs", next)
      .consume(given);
    return taken.map((one) => toObject(decodeLogs(one.bytes())[0]!.scopes[0]!.items[0]!.attributes));
  }

  it("hash an attribute where there is no trace id", async () => {
    const raw = { sampling_percentage: 100, from_attribute: "id" };
    expect(await sampleLogs(raw, { id: "x" })).toEqual([
      { id: "x", "sampling.randomness": expect.stringMatching(/^[0-9a-f]{14}$/), "sampling.threshold": "0" },
    ]);
    expect(await sampleLogs(raw, {})).toEqual([]);
  });

  it("raise their probability by a priority", async () => {
    const raw = { sampling_percentage: 0, from_attribute: "id", sampling_priority: "p" };
    expect(await sampleLogs(raw, { id: "x", p: 100n })).toHaveLength(1);
    expect(await sampleLogs(raw, { id: "x" })).toHaveLength(0);
  });
});

describe("the configuration", () => {
  it.each([
    [{ sampling_percentage: -1 }, "sampling rate is negative: -1.000000%"],
    [{ sampling_percentage: 1e-16 }, "sampling rate is too small: 1e-16%"],
    [{ attribute_source: "x" }, "invalid attribute source: x. Expected: traceID or record"],
    [{ sampling_precision: 15 }, "sampling precision is too great, should be <= 14: 15"],
    [{ sampling_precision: 0 }, "invalid sampling precision: 0"],
    [{ mode: "x" }, 'unsupported sampler mode "x"'],
  ])("%j", (raw, message) => {
    expect(() => parseConfig(factory.config, raw)).toThrow(message satisfies ConfigError["message"]);
  });
});
