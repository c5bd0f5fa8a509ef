// Every processor before a consumer that refuses at random: nothing is lost silently, nothing is made up.
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Processor } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import { type Consumer, PermanentError } from "../../src/consumer/index.ts";
import type { Signal, SignalData } from "../../src/pdata/index.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { data } from "../support/data.ts";
import { processors } from "./every-component.ts";
import { LEAST_SECTION, MORE_SECTIONS } from "./sections.ts";

/** The same numbers in [0, 1) for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Takes some, refuses some for now and some for good, at once or after a while. */
class Moody<S extends Signal> implements Consumer<S> {
  readonly capabilities = { mutatesData: false };
  readonly #random: () => number;
  taken = 0;
  refused = 0;

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
    this.refused += given.itemCount;
    throw mood < 0.8 ? new Error("busy") : new PermanentError("bad data");
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

describe.each(cases)("$name with $section before a consumer that refuses at random", ({ entry, section }) => {
  it.each(["traces", "metrics", "logs"] as const)("accounts for every item of %s", async (signal) => {
    const factory = await entry.load();
    if (factory.stability[signal] === undefined) return; // Not one of its signals.
    for (let seed = 1; seed <= 20; seed++) {
      const next = new Moody<Signal>(seed);
      const processor = factory.create(
        settings(entry.type),
        parseConfig(factory.config, section),
        signal,
        next,
      );
      await accountFor(signal, seed, processor, next);
    }
  });
});

async function accountFor(
  signal: Signal,
  seed: number,
  processor: Processor<Signal>,
  next: Moody<Signal>,
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
  expect({ accepted, refused }).toEqual({ accepted: next.taken, refused: next.refused });
  expect(["Error", "PermanentError"]).toEqual(expect.arrayContaining([...errors]));
}
