// The agent's own log, in the Collector's two encodings.
import type { Attributes, Logger } from "../../component/index.ts";
import { encodeJson } from "./encode.ts";
import type { WriteLine } from "./log-outputs.ts";
import type { LogLevel, LogsConfig, SamplingConfig } from "./schema.ts";

export type Level = "debug" | "info" | "warn" | "error";

const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  dpanic: 4,
  panic: 5,
  fatal: 6,
};

/** Makes loggers that carry the given attributes in every record. */
export type LoggerFactory = (attributes: Attributes) => Logger;

/** A record as it was made: before sampling, after the level. */
export interface LogRecord {
  readonly time: Date;
  readonly level: Level;
  readonly message: string;
  readonly attributes: Attributes;
}

/** What loggers are made by; may change while they are in use. */
export interface LogSettings {
  readonly config: LogsConfig;
  /** On every record unless the user says otherwise. */
  readonly resource: Attributes;
  readonly write: WriteLine;
  /** Told of every record, too. */
  readonly also?: ((record: LogRecord) => void) | undefined;
}

/** Makes loggers by `service.telemetry.logs`. */
export function createLoggers(config: LogsConfig, resource: Attributes, write: WriteLine): LoggerFactory {
  const loggers = new Loggers();
  loggers.configure({ config, resource, write });
  return loggers.create;
}

/** All loggers of one agent. What is logged before they are configured is lost. */
export class Loggers {
  #settings: LogSettings | undefined;
  #common: Attributes = {};
  #admit: (level: Level, message: string) => boolean = () => true;

  /** Makes every logger, those already made included, write as these settings say. */
  configure(settings: LogSettings): void {
    this.#settings = settings;
    this.#common = commonOf(settings);
    this.#admit = createSampler(settings.config.sampling);
  }

  readonly create: LoggerFactory = (always) =>
    new LevelLogger((level, own, message, caller) =>
      this.#log(level, { ...always, ...own }, message, caller),
    );

  #log(level: Level, attributes: Attributes, message: string, caller: Caller): void {
    if (!this.#settings) return;
    const { config, write, also } = this.#settings;
    if (RANKS[level] < RANKS[config.level]) return;
    const time = new Date();
    also?.({ time, level, message, attributes });
    if (!this.#admit(level, message)) return;
    const from = config.disableCaller ? undefined : callerOf(caller);
    const format = config.encoding === "json" ? jsonLine : consoleLine;
    write(format(time.toISOString(), level, from, message, { ...this.#common, ...attributes }));
  }
}

function commonOf({ config, resource }: LogSettings): Attributes {
  return { ...(config.disableZapResource ? {} : { resource }), ...config.initialFields };
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
