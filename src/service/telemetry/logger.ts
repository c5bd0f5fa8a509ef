// The agent's own log, in the Collector's two encodings.
import { openSync, writeSync } from "node:fs";
import type { Attributes, Logger } from "../../component/index.ts";
import type { LogLevel, LogsConfig, SamplingConfig } from "../config-schema.ts";
import { encodeJson } from "./encode.ts";

type Level = "debug" | "info" | "warn" | "error";

const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  dpanic: 4,
  panic: 5,
  fatal: 6,
};

/** Takes finished lines, without the line's end. */
export type WriteLine = (line: string) => void;

/** Makes loggers that carry the given attributes in every record. */
export type LoggerFactory = (attributes: Attributes) => Logger;

/** Makes loggers by `service.telemetry.logs`. `resource` is on every record unless the user says otherwise. */
export function createLoggers(config: LogsConfig, resource: Attributes, write: WriteLine): LoggerFactory {
  const common = {
    ...(config.disableZapResource ? {} : { resource }),
    ...config.initialFields,
  };
  const admit = createSampler(config.sampling);
  const threshold = RANKS[config.level];
  const format = config.encoding === "json" ? jsonLine : consoleLine;
  return (attributes) => {
    const always = { ...common, ...attributes };
    const log = (level: Level, own: Attributes, message: string, caller: Caller) => {
      if (RANKS[level] < threshold || !admit(level, message)) return;
      const from = config.disableCaller ? undefined : callerOf(caller);
      write(format(new Date().toISOString(), level, from, message, { ...always, ...own }));
    };
    return new LevelLogger(log);
  };
}

/** The method that was called, so that the stack can be read from its caller on. */
type Caller = (attributes: Attributes, message: string) => void;
type Log = (level: Level, attributes: Attributes, message: string, caller: Caller) => void;

class LevelLogger implements Logger {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  debug(attributes: Attributes, message: string): void {
    this.#log("debug", attributes, message, this.debug);
  }

  info(attributes: Attributes, message: string): void {
    this.#log("info", attributes, message, this.info);
  }

  warn(attributes: Attributes, message: string): void {
    this.#log("warn", attributes, message, this.warn);
  }

  error(attributes: Attributes, message: string): void {
    this.#log("error", attributes, message, this.error);
  }
}

/** `folder/file.ts:12` of whoever called `method`. */
function callerOf(method: Caller): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, method);
  Error.stackTraceLimit = limit;
  return /([^/\s(]+\/[^/\s]+:\d+):\d+\)?$/.exec(holder.stack ?? "")?.[1] ?? "undefined";
}

function consoleLine(
  time: string,
  level: Level,
  caller: string | undefined,
  message: string,
  attributes: Attributes,
): string {
  const columns = caller === undefined ? [time, level, message] : [time, level, caller, message];
  if (Object.keys(attributes).length > 0) columns.push(encodeJson(attributes, true));
  return columns.join("\t");
}

function jsonLine(
  ts: string,
  level: Level,
  caller: string | undefined,
  msg: string,
  attributes: Attributes,
): string {
  return encodeJson({ level, ts, caller, msg, ...attributes }, false);
}

/** Decides record by record, so that one fault repeated does not fill the disk. */
function createSampler({
  enabled,
  tickMs,
  initial,
  thereafter,
}: SamplingConfig): (level: Level, message: string) => boolean {
  if (!enabled) return () => true;
  const counts = new Map<string, number>();
  let tickEnds = 0;
  return (level, message) => {
    const now = performance.now();
    if (now >= tickEnds) {
      counts.clear();
      tickEnds = now + tickMs;
    }
    const key = `${level} ${message}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= initial || (thereafter > 0 && (count - initial) % thereafter === 0);
  };
}

/**
 * Opens `output_paths`: `stderr`, `stdout` or files, which are appended to. Throws when a file cannot be opened. A line
 * that cannot be written later, as on a full disk, stops nobody: a file's goes to stderr, a stream's is lost.
 */
export function openOutputs(paths: readonly string[]): WriteLine {
  const outputs = paths.map((path): WriteLine => {
    if (path === "stderr") return toStream(process.stderr);
    if (path === "stdout") return toStream(process.stdout);
    return toFile(path);
  });
  return (line) => {
    for (const write of outputs) write(line);
  };
}

/** Has nowhere to say that the log itself cannot be written. */
const ignoreError = (): void => {};

function toStream(stream: NodeJS.WriteStream): WriteLine {
  stream.off("error", ignoreError).on("error", ignoreError);
  return (line) => stream.write(`${line}\n`);
}

function toFile(path: string): WriteLine {
  const file = openSync(path, "a", 0o644);
  const instead = toStream(process.stderr);
  return (line) => {
    try {
      writeSync(file, `${line}\n`);
    } catch (error) {
      instead(`write ${path}: ${(error as Error).message}: ${line}`);
    }
  };
}

/** Keeps records until it is known where they should go. */
export class BufferedLogger implements Logger {
  #records: (readonly [level: Level, attributes: Attributes, message: string])[] = [];

  debug(attributes: Attributes, message: string): void {
    this.#records.push(["debug", attributes, message]);
  }

  info(attributes: Attributes, message: string): void {
    this.#records.push(["info", attributes, message]);
  }

  warn(attributes: Attributes, message: string): void {
    this.#records.push(["warn", attributes, message]);
  }

  error(attributes: Attributes, message: string): void {
    this.#records.push(["error", attributes, message]);
  }

  /** Hands on what was kept. */
  replay(logger: Logger): void {
    const records = this.#records;
    this.#records = [];
    for (const [level, attributes, message] of records) logger[level](attributes, message);
  }
}
