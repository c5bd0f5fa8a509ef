import type { Logger } from "../component/index.ts";
import { defaultConfig } from "../confmap/decode.ts";
import type { AgentConfig } from "../service/config.ts";
import { serviceConfig } from "../service/config-schema.ts";
import { Service } from "../service/service.ts";
import { errorText } from "../service/telemetry/encode.ts";
import { openOutputs } from "../service/telemetry/log-outputs.ts";
import { BufferedLogger, createLoggers } from "../service/telemetry/logger.ts";
import { Telemetry } from "../service/telemetry/telemetry.ts";
import { buildInfo } from "./build-info.ts";
import { CONFIG_FLAGS, type ConfigSource, configSource } from "./config-flags.ts";
import { checkConfig, getConfig } from "./configuration.ts";
import { faultStack } from "./fault.ts";
import { type FlagSet, type Flags, parseFlags } from "./flags.ts";
import { Reloader } from "./reload/reloader.ts";
import { reloadTriggers } from "./reload/triggers.ts";
import { stopRequested } from "./stop.ts";

export const flags: FlagSet = {
  values: { ...CONFIG_FLAGS.values, "reload-endpoint": {} },
  switches: { ...CONFIG_FLAGS.switches, watch: {} },
};

/** Runs the agent until a signal or a fatal error. */
export async function run(args: readonly string[]): Promise<number> {
  const given = parseFlags(args, flags);
  const stop = stopRequested();
  const prepared = await Promise.race([prepare(given), stop]);
  if (typeof prepared === "string") return 0; // A signal, and there is nothing that could be stopped.
  return await runUntil(stop, given, prepared);
}

/** An agent that was not started yet. */
interface Prepared {
  readonly service: Service;
  readonly telemetry: Telemetry;
  readonly config: AgentConfig;
  readonly files: Set<string>;
  read(logger: Logger): Promise<AgentConfig>;
}

async function prepare(flags: Flags): Promise<Prepared> {
  const source = await configSource(flags);
  const early = new BufferedLogger();
  const files = new Set<string>();
  const config = await checkedConfig(source, early, files);
  const telemetry = new Telemetry(buildInfo);
  await telemetry.configure(config.service.telemetry);
  early.replay(telemetry.logger);
  const { loggers, counters, tracing } = telemetry;
  const service = new Service(config, { buildInfo, loggers, counters, tracing });
  return { service, telemetry, config, files, read: (logger) => readConfig(source, logger, files) };
}

async function runUntil(stop: Promise<NodeJS.Signals>, flags: Flags, agent: Prepared): Promise<number> {
  const { service, telemetry, files } = agent;
  const { logger } = telemetry;
  const alive = setInterval(() => {}, KEEP_ALIVE_MS);
  const uncaught = uncaughtError();
  const started = Promise.withResolvers<void>();
  const reloader = new Reloader({ ...agent, ready: started.promise });
  const triggers = await reloadTriggers(flags, files, reloader, logger);
  const end = Promise.race([
    stop.then((signal) => received(signal, logger)),
    service.finished.then(() => finished(logger)),
    service.fatalError.then((cause) => failed(cause, logger)),
    uncaught.then((cause) => failed(cause, logger)),
  ]);
  try {
    await Promise.race([service.start().then(started.resolve), end]);
    return await end;
  } finally {
    triggers.close();
    reloader.close();
    await service.shutdown();
    await telemetry.close();
    clearInterval(alive);
  }
}

/** Any will do: components' timers do not keep the process alive, and neither does waiting for a signal. */
const KEEP_ALIVE_MS = 1 << 30;

/** When the configuration is of no use, what was noticed on the way to it helps to see why. */
async function checkedConfig(
  source: ConfigSource,
  early: BufferedLogger,
  files: Set<string>,
): Promise<AgentConfig> {
  try {
    return await readConfig(source, early, files);
  } catch (error) {
    const { logs } = defaultConfig(serviceConfig).telemetry;
    early.replay(createLoggers(logs, {}, openOutputs(logs.outputPaths).write)({}));
    throw error;
  }
}

/** Fetches and checks a configuration, and notes in `files` which files it was made of. */
async function readConfig(source: ConfigSource, logger: Logger, files: Set<string>): Promise<AgentConfig> {
  const read = new Set<string>();
  try {
    const config = await getConfig(source, logger, read);
    files.clear();
    checkConfig(config);
    return config;
  } finally {
    for (const file of read) files.add(file); // Those of a configuration that is wrong, too: it will be mended in them.
  }
}

/** The first error that nobody caught: a fault of ours, after which what is in flight is still worth draining. */
function uncaughtError(): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  process.on("uncaughtException", resolve);
  return promise;
}

const SIGNAL_NAMES: Partial<Record<NodeJS.Signals, string>> = {
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
};

function received(signal: NodeJS.Signals, logger: Logger): number {
  logger.info({ signal: SIGNAL_NAMES[signal] ?? signal }, "Received signal from OS");
  return 0;
}

function finished(logger: Logger): number {
  logger.info({}, "Every receiver has come to its end.");
  return 0;
}

function failed(cause: unknown, logger: Logger): number {
  logger.error(
    { error: errorText(cause), stacktrace: faultStack(cause) },
    "Asynchronous error received, terminating process",
  );
  return 1;
}
