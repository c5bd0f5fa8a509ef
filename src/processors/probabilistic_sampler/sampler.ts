// Hot: whether an item is kept, and what it then says of its sampling.
import type { MessageEditor, Signal } from "../../pdata/index.ts";
import { ALWAYS, NEVER, probabilityOf, randomnessOf, thresholdOf } from "../../pdata/sampling.ts";
import type { Carrier } from "./carrier.ts";
import type { Mode, ProbabilisticSamplerConfig } from "./config.ts";
import { hashedRandomness, hashThreshold } from "./hash.ts";
import { type Kind, kinds } from "./kinds.ts";

/** Told of each decision, by what it was made from. */
export type OnDecision = (policy: string, sampled: boolean) => void;

/** Randomness, and where it came from; undefined where the item has none. */
interface Draw {
  readonly randomness: bigint;
  readonly policy: string;
}

/** What a decision is made from; `problem` where something stands in its way. */
interface Drawn {
  readonly draw: Draw | undefined;
  readonly carrier: Carrier | undefined;
  readonly problem: boolean;
}

const ALL = NEVER - 1n;

/** Decides for each item of one signal. */
export class Sampler {
  readonly #config: ProbabilisticSamplerConfig;
  readonly #kind: Kind;
  readonly #mode: Exclude<Mode, "">;
  readonly #threshold: bigint;
  readonly #ratio: number;
  readonly #onDecision: OnDecision;

  constructor(
    config: ProbabilisticSamplerConfig,
    signal: Exclude<Signal, "metrics">,
    onDecision: OnDecision,
  ) {
    const percentage = Math.min(Math.fround(config.samplingPercentage), 100);
    this.#config = config;
    this.#kind = kinds[signal](config);
    this.#mode = config.mode || "hash_seed";
    this.#ratio = Math.max(percentage / 100, 2 ** -56);
    this.#threshold = percentage === 0 ? NEVER : this.#fixedThreshold(percentage);
    this.#onDecision = onDecision;
  }

  /** Whether `item` is kept; what it says of its sampling is brought up to date. */
  keep(item: MessageEditor): boolean {
    const { draw, carrier, problem } =
      this.#threshold === NEVER ? neverDrawn(this.#kind, item) : this.#draw(item);
    const decided = problem ? this.#onProblem() : this.#decide(carrier);
    const priority = this.#kind.priority(item);
    const threshold = priority ?? decided;
    const sampled = threshold <= (draw?.randomness ?? ALL);
    if (sampled && carrier) update(carrier, threshold);
    this.#onDecision(
      priority === undefined ? (draw?.policy ?? "missing_randomness") : "sampling_priority",
      sampled,
    );
    return sampled;
  }

  #fixedThreshold(percentage: number): bigint {
    if (this.#mode === "hash_seed") return hashThreshold(percentage) ?? NEVER;
    if (this.#mode === "equalizing") return thresholdOf(this.#ratio, this.#config.samplingPrecision) ?? NEVER;
    return ALWAYS; // Of each item's own.
  }

  #onProblem(): bigint {
    return this.#config.failClosed ? NEVER : ALWAYS;
  }

  #decide(carrier: Carrier | undefined): bigint {
    const before = carrier?.threshold;
    if (this.#mode === "equalizing")
      return before !== undefined && before > this.#threshold ? before : this.#threshold;
    if (this.#mode === "hash_seed" || this.#threshold === NEVER) return this.#threshold;
    const incoming = before === undefined ? 1 : probabilityOf(before);
    return thresholdOf(incoming * this.#ratio, this.#config.samplingPrecision) ?? NEVER;
  }

  #draw(item: MessageEditor): Drawn {
    const carrier = this.#kind.carrier(item);
    return this.#mode === "hash_seed" ? this.#hash(item, carrier) : consistent(this.#kind, item, carrier);
  }

  /** The hash must not decide over what was sampled by a specified randomness or threshold. */
  #hash(item: MessageEditor, carrier: Carrier | undefined): Drawn {
    const source = this.#kind.hashed(item);
    const draw = source && {
      randomness: hashedRandomness(source.bytes, this.#config.hashSeed),
      policy: source.policy,
    };
    const inUse = carrier?.randomness !== undefined || carrier?.threshold !== undefined;
    if (!carrier || inUse || !draw) return { draw, carrier: undefined, problem: true };
    carrier.randomness = draw.randomness;
    return { draw, carrier, problem: false };
  }
}

/** The randomness an item names, else its trace id's. A threshold that contradicts it is a lie, and goes. */
function consistent(kind: Kind, item: MessageEditor, carrier: Carrier | undefined): Drawn {
  if (!carrier) return { draw: undefined, carrier, problem: true };
  const draw = drawOf(kind, item, carrier);
  if (!draw) return { draw, carrier, problem: true };
  const contradicts = carrier.threshold !== undefined && carrier.threshold > draw.randomness;
  if (contradicts) carrier.threshold = undefined;
  return { draw, carrier, problem: contradicts };
}

function drawOf(kind: Kind, item: MessageEditor, { randomness }: Carrier): Draw | undefined {
  if (randomness !== undefined) return { randomness, policy: "sampling_randomness" };
  const traceId = kind.traceId(item);
  return traceId && { randomness: randomnessOf(traceId), policy: "trace_id_w3c" };
}

/** At 0 % only a priority keeps, so randomness does not matter. */
function neverDrawn(kind: Kind, item: MessageEditor): Drawn {
  return {
    draw: { randomness: ALL, policy: "sampling_priority" },
    carrier: kind.carrier(item),
    problem: false,
  };
}

/** A probability only ever falls on the way. */
function update(carrier: Carrier, threshold: bigint): void {
  if (carrier.threshold === undefined || threshold >= carrier.threshold) carrier.threshold = threshold;
  carrier.write();
}
