// Why data could not be sent, as labels of what counts it: the Collector's error.type and error.permanent.
import type { CounterRegistry, Labels } from "../../component/index.ts";
import { codeName } from "../../config/rpc-status/codes.ts";
import { causesOf, codeOf } from "../../config/rpc-status/status.ts";
import { PermanentError } from "../../consumer/index.ts";
import { InterruptedError, RetriesSpentError } from "./retry.ts";

/** Counts items by why they could not be sent. The series of the labels alone is there from the start. */
export class FailureCounter {
  readonly #counters: CounterRegistry;
  readonly #name: string;
  readonly #labels: Labels;

  constructor(counters: CounterRegistry, name: string, labels: Labels) {
    this.#counters = counters;
    this.#name = name;
    this.#labels = labels;
    counters.counter(name, labels);
  }

  add(items: number, cause: unknown): void {
    const why = { "error.type": errorType(cause), "error.permanent": String(isPermanent(cause)) };
    this.#counters.counter(this.#name, { ...this.#labels, ...why }).add(items);
  }
}

/** The name of the gRPC code with which a server refused; else, what kind of failure it was. */
function errorType(error: unknown): string {
  const causes = [...causesOf(error)];
  if (causes.some((cause) => cause instanceof InterruptedError)) return "Shutdown";
  if (causes.some(({ name }) => name === "AbortError")) return "Canceled";
  if (causes.some(({ name }) => name === "TimeoutError")) return "Deadline_Exceeded";
  const code = codeOf(error);
  return code === undefined ? "_OTHER" : codeName(code);
}

/** Whether trying again could not have helped. That retries were spent does not say so. */
function isPermanent(error: unknown): boolean {
  return [...causesOf(error)].some(
    (cause) => cause instanceof PermanentError && !(cause instanceof RetriesSpentError),
  );
}
