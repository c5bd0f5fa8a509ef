import { type Consumer, PermanentError } from "../consumer/index.ts";
import type { Signal, SignalData } from "../pdata/index.ts";

/**
 * Gives data to several consumers at once. Those that change it get a copy of their own; the others share one. Resolves
 * when all have taken it; rejects when any refused, permanently when any did so permanently.
 */
export function fanOut<S extends Signal>(consumers: readonly Consumer<S>[]): Consumer<S> {
  const [only] = consumers;
  if (only && consumers.length === 1) return only;
  const mutating = consumers.filter(({ capabilities }) => capabilities.mutatesData);
  const reading = consumers.filter(({ capabilities }) => !capabilities.mutatesData);
  // The original goes to those who only read it, else to the last of those who change it.
  const copied = reading.length > 0 ? mutating : mutating.slice(0, -1);
  const original = reading.length > 0 ? reading : mutating.slice(-1);
  return {
    capabilities: { mutatesData: reading.length === 0 },
    async consume(data, context) {
      const copies = copied.map(() => data.clone() as SignalData[S]); // Before anyone can change the original.
      const outcomes = await Promise.allSettled([
        ...copied.map((consumer, index) => consumer.consume(copies[index]!, context)),
        ...original.map((consumer) => consumer.consume(data, context)),
      ]);
      const causes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      if (causes.length > 0) throw joined(causes);
    },
  };
}

function joined(causes: readonly unknown[]): unknown {
  if (causes.length === 1) return causes[0];
  const message = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join("; ");
  const options = { cause: new AggregateError(causes) };
  const permanent = causes.some((cause) => cause instanceof PermanentError);
  return permanent ? new PermanentError(message, options) : new Error(message, options);
}
