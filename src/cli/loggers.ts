// Loggers of commands whose output is their answer.
import type { Attributes, Logger } from "../component/index.ts";

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Tells, beside the answer, what the user should know. */
export const warningsOnly: Logger = { debug() {}, info() {}, warn: tell, error: tell };

function tell(attributes: Attributes, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(attributes)}\n`);
}
