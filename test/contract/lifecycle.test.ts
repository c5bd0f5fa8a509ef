// What holds for the life of every component: it may be stopped at any point, and leaves nothing behind.
import { createHook } from "node:async_hooks";
import { setTimeout as sleep, setImmediate as yieldToOthers } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ConnectorStability } from "../../src/component/connector.ts";
import type { Component } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import { discard } from "../../src/consumer/index.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { data } from "../support/data.ts";
import { connectors, exporters, extensions, processors, receivers } from "./every-component.ts";
import { LEAST_SECTION, NEEDS_ROOT } from "./sections.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 }); // BPF objects load slowly on a busy machine.

const never = new AbortController().signal;

/** Who set the timers that neither fired for the last time nor were cleared, unref'd or not, by async id. */
const timers = new Map<number, string>();
const timerHook = createHook({
  init(id, type) {
    if (type !== "Timeout") return;
    const caller = callerOf(new Error("timer").stack ?? "");
    if (!/node_modules\/@?vitest\//.test(caller)) timers.set(id, caller); // The runner's are for its own reports.
  },
  destroy: (id) => void timers.delete(id),
});
beforeAll(() => void timerHook.enable());
afterAll(() => void timerHook.disable());

/** The topmost frame that is neither Node.js's nor the hook's. */
function callerOf(stack: string): string {
  const frames = stack.split("\n").filter((line) => /^ +at /.test(line));
  return frames.find((line) => !/node:|lifecycle\.test/.test(line))?.trim() ?? "at unknown";
}

/** What there was at some moment that keeps or could keep the process busy. */
interface Resources {
  readonly timers: ReadonlyMap<number, string>;
  /** Sockets, files, processes and the like, counted by kind. */
  readonly handles: ReadonlyMap<string, number>;
}

function resources(): Resources {
  const handles = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== "Timeout") handles.set(kind, (handles.get(kind) ?? 0) + 1);
  }
  return { timers: new Map(timers), handles };
}

/** What there is that was not there before; closing takes a moment. */
async function leftovers(before: Resources): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    await yieldToOthers();
    const now = resources();
    const left = [
      ...[...now.handles].flatMap(([kind, count]) => (count > (before.handles.get(kind) ?? 0) ? [kind] : [])),
      ...[...now.timers].flatMap(([id, caller]) => (before.timers.has(id) ? [] : [`timer set ${caller}`])),
    ];
    if (left.length === 0 || attempt === 50) return left;
    await sleep(20);
  }
}

interface Case {
  readonly name: string;
  readonly type: string;
  /** A new instance with a configuration of its own. */
  create(): Promise<Component>;
}

const cases: Case[] = [];
for (const { name, entry } of receivers) {
  const factory = await entry.load();
  const signals = Object.keys(factory.stability) as Signal[];
  const next = Object.fromEntries(signals.map((signal) => [signal, discard]));
  const create = async () =>
    factory.create(settings(entry.type), parseConfig(factory.config, LEAST_SECTION[entry.type]), next);
  cases.push({ name, type: entry.type, create });
}
for (const { name, entry } of [...processors, ...exporters]) {
  const factory = await entry.load();
  for (const signal of Object.keys(factory.stability) as Signal[]) {
    const create = async () => {
      const config = parseConfig(factory.config, LEAST_SECTION[entry.type]);
      return factory.create(settings(entry.type), config, signal, discard);
    };
    cases.push({ name: `${name} of ${signal}`, type: entry.type, create });
  }
}

for (const { name, entry } of connectors) {
  const factory = await entry.load();
  for (const [from, to] of pairsOf(factory.stability)) {
    const create = async () => {
      const config = parseConfig(factory.config, LEAST_SECTION[entry.type]);
      const router = { ...discard, pipelineIds: [to], consumer: () => discard };
      return factory.create(settings(entry.type), config, from, to, router);
    };
    cases.push({ name: `${name} of ${from} to ${to}`, type: entry.type, create });
  }
}
for (const { name, entry } of extensions) {
  const factory = await entry.load();
  const create = async () =>
    factory.create(settings(entry.type), parseConfig(factory.config, LEAST_SECTION[entry.type]));
  cases.push({ name, type: entry.type, create });
}

function pairsOf(stability: ConnectorStability): [Signal, Signal][] {
  const from = Object.keys(stability) as Signal[];
  return from.flatMap((one) =>
    (Object.keys(stability[one]!) as Signal[]).map((to): [Signal, Signal] => [one, to]),
  );
}

describe.each(cases)("$name", ({ type, create }) => {
  const lacksRoot = NEEDS_ROOT.has(type) && process.getuid?.() !== 0;

  beforeAll(async () => {
    await create(); // Loads the module, so that what loading opens is not taken for the component's.
  });

  it("may be shut down before it starts, and does nothing until then", async () => {
    const before = resources();
    const component = await create();
    expect(await leftovers(before)).toEqual([]);
    await component.shutdown(never);
    await component.shutdown(never);
    expect(await leftovers(before)).toEqual([]);
  });

  it.skipIf(lacksRoot)("leaves nothing behind, may be shut down twice, and can be created anew", async () => {
    const before = resources();
    for (let round = 0; round < 2; round++) {
      const host = new HostRecorder();
      const component = await create();
      await component.start(host);
      await component.shutdown(never);
      await component.shutdown(never);
      expect(host.statuses.filter((status) => status.endsWith("_error"))).toEqual([]);
      expect(await leftovers(before)).toEqual([]);
    }
  });

  it.skipIf(lacksRoot)("shuts down when its deadline has already passed", async () => {
    const before = resources();
    const component = await create();
    await component.start(new HostRecorder());
    await component.shutdown(AbortSignal.abort(new Error("too late")));
    expect(await leftovers(before)).toEqual([]);
  });
});

describe.each(processors)("$name", ({ entry }) => {
  it("answers everyone who waits when it shuts down", async () => {
    const factory = await entry.load();
    const config = parseConfig(factory.config, LEAST_SECTION[entry.type]);
    const processor = factory.create(settings(entry.type), config, "logs", discard);
    await processor.start(new HostRecorder());
    const outcomes = Promise.allSettled([1, 2, 3].map((count) => processor.consume(data("logs", count))));
    await processor.shutdown(never);
    expect(await outcomes).toHaveLength(3);
  });
});
