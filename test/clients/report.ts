// Counts tests as they end and prints each, in the style of the other suites.
import { Unavailable } from "./cache.ts";

/** The sums of a run. */
export class Report {
  passed = 0;
  failed = 0;
  skipped = 0;

  /** Runs a test. */
  async test(name: string, body: () => unknown): Promise<void> {
    try {
      await body();
      this.#say("passed", name);
    } catch (error) {
      this.fail(name, error);
    }
  }

  /** Runs what comes before `count` tests: without what it needs they are skipped; where it fails that is one failure. */
  async group(name: string, count: number, body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!(error instanceof Unavailable)) return this.fail(name, error);
      this.skipped += count;
      console.log(`  SKIPPED  ${name}, ${count} tests: ${reason(error.message)}`);
    }
  }

  fail(name: string, error: unknown): void {
    this.#say("failed", name);
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.log(why.replaceAll(/^/gm, "           "));
  }

  #say(outcome: "passed" | "failed", name: string): void {
    this[outcome]++;
    console.log(`  ${outcome === "failed" ? "FAILED" : outcome}   ${name}`);
  }
}

/** The line that names the error; package managers end with advice. */
function reason(message: string): string | undefined {
  const lines = message.split("\n");
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}
