// Where the debug exporter writes: the agent's own log, or files and standard streams.
import { appendFileSync } from "node:fs";
import type { Attributes, Logger } from "../../component/index.ts";
import type { DebugConfig } from "./config.ts";

/** Messages are told apart by their hash only, as in zap, so that sampling keeps none of them. */
const SAMPLED_MESSAGES = 4096;

/** Writes one message with its attributes. */
export type Output = (message: string, attributes: Attributes) => void;

/** What writing to a file or stream needs of the world. */
export type Append = (path: string, text: string) => void;

/** The output that `config` asks for, sampled as it says. */
export function openOutput(config: DebugConfig, logger: Logger, append: Append = appendTo): Output {
  const output: Output = config.useInternalLogger
    ? (message, attributes) => logger.info(attributes, message)
    : (message, attributes) => {
        const text = consoleLine(message, attributes);
        for (const path of config.outputPaths.length > 0 ? config.outputPaths : ["stdout"])
          append(path, text);
      };
  return sampled(config, Date.now, output);
}

/** Of equal messages within a second, lets the first `samplingInitial` through, then every `samplingThereafter`th. */
export function sampled(
  { samplingInitial, samplingThereafter }: DebugConfig,
  now: () => number,
  output: Output,
): Output {
  const counts = new Uint32Array(SAMPLED_MESSAGES);
  let secondEnds = 0;
  return (message, attributes) => {
    if (now() >= secondEnds) {
      counts.fill(0);
      secondEnds = now() + 1000;
    }
    const bucket = hash(message) % SAMPLED_MESSAGES;
    const count = counts[bucket]! + 1;
    counts[bucket] = count;
    const over = count - samplingInitial;
    if (over > 0 && (samplingThereafter <= 0 || over % samplingThereafter !== 0)) return;
    output(message, attributes);
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** The message, and its attributes as JSON behind a tab, with a space after each colon and comma. */
function consoleLine(message: string, attributes: Attributes): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return pairs.length > 0 ? `${message}\t{${pairs.join(", ")}}\n` : `${message}\n`;
}

function appendTo(path: string, text: string): void {
  if (path === "stdout") process.stdout.write(text);
  else if (path === "stderr") process.stderr.write(text);
  else appendFileSync(path, text);
}
