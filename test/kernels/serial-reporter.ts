// Writes each test's result as one line of JSON to the serial port the host listens on.
import { appendFileSync } from "node:fs";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/** One line. The last is `end`; a machine that goes silent before it has crashed. */
export type Line =
  | { readonly kind: "test"; readonly name: string; readonly state: State; readonly error?: string }
  | { readonly kind: "end" };

export type State = "passed" | "failed" | "skipped";

export class SerialReporter implements Reporter {
  readonly #port: string;

  constructor(port: string) {
    this.#port = port;
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    const name = `${test.module.relativeModuleId} > ${test.fullName}`;
    if (state !== "pending") this.#write({ kind: "test", name, state, ...reason(errors) });
  }

  /** A file that fails as a whole has no test to say so. */
  onTestModuleEnd(module: TestModule): void {
    this.#writeFailure(module.relativeModuleId, module.errors());
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#writeFailure("outside of any test", unhandled);
    this.#write({ kind: "end" });
  }

  #writeFailure(name: string, errors: readonly SerializedError[]): void {
    if (errors.length > 0) this.#write({ kind: "test", name, state: "failed", ...reason(errors) });
  }

  #write(line: Line): void {
    appendFileSync(this.#port, `${JSON.stringify(line)}\n`);
  }
}

function reason(errors: readonly SerializedError[] | undefined): { error?: string } {
  const error = errors?.[0];
  return error ? { error: [error.stack ?? error.message, ...causes(error)].join("\ncaused by: ") } : {};
}

/** A verifier's log says at its end what it refused. */
const CAUSE_CHARACTERS = 4000;

function causes(error: SerializedError): string[] {
  const told: string[] = [];
  for (let cause: unknown = error.cause; cause; cause = (cause as SerializedError).cause) {
    const text = typeof cause === "string" ? cause : String((cause as SerializedError).message);
    told.push(text.slice(-CAUSE_CHARACTERS));
  }
  return told;
}
