// Every processor before a consumer that refuses at random: nothing is lost silently, nothing is made up.
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { Processor } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import { type Consumer, PermanentError } from "../../src/consumer/index.ts";
import type { Signal, SignalData } from "../../src/pdata/index.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { data } from "../support/data.ts";
import { random } from "../support/random.ts";
import { connectors, processors } from "./every-component.ts";
import { ACCEPTS_AT_ONCE, LEAST_SECTION, MORE_SECTIONS } from "./sections.ts";

/** Takes some, refuses some for now and some for good, at once or after a while. */
class Moody<S extends Signal> implements Consumer<S> {
  readonly capabilities = { mutatesData: false };
  readonly #random: () => number;
  taken = 0;
  refusedForNow = 0;
  refusedForGood = 0;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  async consume(given: SignalData[S]): Promise<void> {
    const mood = this.#random();
    if (this.#random() < 0.5) await yieldToOthers();
    if (mood < 0.6) {
      this.taken += given.itemCount;
      return;
    }
    if (mood < 0.8) {
      this.refusedForNow += given.itemCount;
      throw new Error("busy");
    }
    this.refusedForGood += given.itemCount;
    throw new PermanentError("bad data");
  }
}

/** Senders who count how they were answered. */
class Senders<S extends Signal> {
  readonly #signal: S;
  readonly #next: Consumer<S>;
  readonly #sending: Promise<void>[] = [];
  readonly errors = new Set<string>();
  accepted = 0;
  refused = 0;

  constructor(signal: S, next: Consumer<S>) {
    this.#signal = signal;
    this.#next = next;
  }

  send(count: number): void {
    this.#sending.push(this.#send(count));
  }

  async answered(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #send(count: number): Promise<void> {
    try {
      await this.#next.consume(data(this.#signal, count));
      this.accepted += count;
    } catch (error) {
      this.refused += count;
      this.errors.add((error as Error).name);
    }
  }
}

const cases = processors.flatMap(({ name, entry }) =>
  [LEAST_SECTION[entry.type] ?? {}, ...(MORE_SECTIONS[entry.type] ?? [])].map((section) => ({
    name,
    entry,
    section,
  })),
);

vi.setConfig({ testTimeout: 30_000 });

describe.each(cases)("$name with $section before a consumer that refuses at random", ({ entry, section }) => {
  it.each(["traces", "metrics", "logs"] as const)("accounts for every item of %s", async (signal) => {
    const factory = await entry.load();
    if (factory.stability[signal] === undefined) return; // Not one of its signals.
    const rounds = Array.from({ length: 20 }, async (_, round) => {
      const seed = round + 1;
      const next = new Moody<Signal>(seed);
      const processor = factory.create(
        settings(entry.type),
        parseConfig(factory.config, section),
        signal,
        next,
      );
      await accountFor(signal, seed, processor, next, ACCEPTS_AT_ONCE.has(entry.type));
    });
    await Promise.all(rounds);
  });
});

describe.each(connectors)("$name before a consumer that refuses at random", ({ entry }) => {
  it("accounts for every item of the signals that it does not change", async () => {
    const factory = await entry.load();
    const config = parseConfig(factory.config, LEAST_SECTION[entry.type] ?? {});
    const signals = (Object.keys(factory.stability) as Signal[]).filter(
      (one) => factory.stability[one]![one],
    );
    for (const signal of signals) {
      const next = new Moody<Signal>(1);
      const router = Object.assign(next, { pipelineIds: [signal], consumer: () => next });
      const connector = factory.create(settings(entry.type), config, signal, signal, router);
      await accountFor(signal, 1, connector, next, false);
    }
  });
});

async function accountFor(
  signal: Signal,
  seed: number,
  processor: Processor<Signal>,
  next: Moody<Signal>,
  acceptsAtOnce: boolean,
): Promise<void> {
  await processor.start(new HostRecorder());
  const senders = new Senders(signal, processor);
  const chance = random(seed + 1000);
  for (let piece = 0; piece < 40; piece++) {
    senders.send(1 + Math.floor(chance() * 7));
    if (chance() < 0.5) await yieldToOthers();
  }
  if (seed <= 4) await senders.answered(); // Nobody has to wait for the shutdown to be answered,
  await processor.shutdown(new AbortController().signal);
  await senders.answered(); // but then everybody has been.
  const { accepted, refused, errors } = senders;
  const { taken, refusedForNow, refusedForGood } = next;
  // What was accepted at once is offered until it is taken or refused for good, and only then forgotten.
  const expected = acceptsAtOnce
    ? { accepted: taken + refusedForGood, refused: 0 }
    : { accepted: taken, refused: refusedForNow + refusedForGood };
  expect({ accepted, refused }).toEqual(expected);
  expect(["Error", "PermanentError"]).toEqual(expect.arrayContaining([...errors]));
}
