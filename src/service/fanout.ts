import { type Consumer, type Context, PermanentError } from "../consumer/index.ts";
import { GoneError, partly, type Reoffer, reofferOf } from "../consumer/partial.ts";
import type { Signal, SignalData } from "../pdata/index.ts";

/**
 * Gives data to several consumers at once. Those that change it get a copy of their own; the others share one. Resolves
 * when all have taken it; rejects when any refused, permanently when any did so permanently. The refusal says how to
 * offer the data again to those alone who may yet take it (`reofferOf`).
 */
export function fanOut<S extends Signal>(consumers: readonly Consumer<S>[]): Consumer<S> {
  const [only] = consumers;
  if (only && consumers.length === 1) return only;
  const mutating = consumers.filter(({ capabilities }) => capabilities.mutatesData);
  const reading = consumers.filter(({ capabilities }) => !capabilities.mutatesData);
  // The original goes to those who only read it, else to the last of those who change it.
  const copied = reading.length > 0 ? mutating : mutating.slice(0, -1);
  const original = reading.length > 0 ? reading : mutating.slice(-1);
  const all = [...copied, ...original];
  return {
    capabilities: { mutatesData: reading.length === 0 },
    async consume(data, context) {
      data.share();
      // Before anyone can change the original. One more is kept, should those who change it have to be asked again.
      const copies = copied.map(() => data.clone() as SignalData[S]);
      const kept = mutating.length > 0 ? (data.clone() as SignalData[S]) : data;
      const outcomes = await Promise.allSettled([
        ...copied.map((consumer, index) => consumer.consume(copies[index]!, context)),
        ...original.map((consumer) => consumer.consume(data, context)),
      ]);
      const refusals = refusalsIn(outcomes, all);
      if (refusals.length > 0) throw refused(refusals, all.length, kept);
    },
  };
}

/** A consumer that did not take the data, why, and how to reach those behind it who may yet, if it fanned out itself. */
interface Refusal<S extends Signal> {
  readonly consumer: Consumer<S>;
  readonly cause: unknown;
  readonly reoffer: Reoffer | undefined;
}

function refusalsIn<S extends Signal>(
  outcomes: readonly PromiseSettledResult<void>[],
  consumers: readonly Consumer<S>[],
): readonly Refusal<S>[] {
  return outcomes.flatMap((outcome, index) => {
    if (outcome.status === "fulfilled") return [];
    const cause: unknown = outcome.reason;
    return [{ consumer: consumers[index]!, cause, reoffer: reofferOf(cause) }];
  });
}

/** What to reject with. `asked` is how many were offered the data. */
function refused<S extends Signal>(
  refusals: readonly Refusal<S>[],
  asked: number,
  data: SignalData[S],
): unknown {
  const error = joined(refusals.map(({ cause }) => cause));
  const mayYet = refusals.filter(({ cause, reoffer }) => reoffer || !(cause instanceof PermanentError));
  const nobodyTookIt = mayYet.length === asked && mayYet.every(({ reoffer }) => !reoffer);
  if (mayYet.length === 0 || nobodyTookIt || !(error instanceof Error)) return error;
  return partly(error, (context) => offerAgain(mayYet, data, context));
}

async function offerAgain<S extends Signal>(
  refusals: readonly Refusal<S>[],
  data: SignalData[S],
  context: Context | undefined,
): Promise<void> {
  const outcomes = await Promise.allSettled(
    refusals.map(({ consumer, reoffer }) =>
      (reoffer ? reoffer(context) : consumer.consume(data.clone() as SignalData[S], context)).catch(
        finalIfGone,
      ),
    ),
  );
  const left = refusalsIn(
    outcomes,
    refusals.map(({ consumer }) => consumer),
  );
  if (left.length > 0) throw refused(left, Number.POSITIVE_INFINITY, data);
}

/** Whoever is asked a second time is asked as the one it was. */
function finalIfGone(cause: unknown): never {
  throw cause instanceof GoneError ? new PermanentError(cause.message, { cause }) : cause;
}

function joined(causes: readonly unknown[]): unknown {
  if (causes.length === 1) return causes[0];
  const message = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join("; ");
  const options = { cause: new AggregateError(causes) };
  const permanent = causes.some((cause) => cause instanceof PermanentError);
  return permanent ? new PermanentError(message, options) : new Error(message, options);
}
