import { statSync } from "node:fs";
import type { Component } from "../component/index.ts";
import type { ServiceView } from "../component/view.ts";
import { parseConfig } from "../confmap/decode.ts";
import { parseDurationMs, timerMs } from "../confmap/duration.ts";
import { discard } from "../consumer/index.ts";
import { RecordedSource } from "../ebpf/recording/recorded-source.ts";
import { readAgentPid } from "../ebpf/tap/agent-pid.ts";
import { hostPaths, openKernelSource } from "../ebpf/tap/source.ts";
import { loadLibbpf } from "../native/load.ts";
import { type EbpfHttpConfig, ebpfHttpConfig } from "../receivers/ebpf_http/config.ts";
import { EbpfHttpReceiver } from "../receivers/ebpf_http/receiver.ts";
import { Counters } from "../service/telemetry/counters.ts";
import { buildInfo } from "./build-info.ts";
import { CONFIG_FLAGS } from "./config-flags.ts";
import { type FlagSet, type Flags, parseFlags, UsageError } from "./flags.ts";
import { httpConfig } from "./http-config.ts";
import { warningsOnly } from "./loggers.ts";
import { stopRequested } from "./stop.ts";

const RECEIVER = "ebpf_http";
/** The last drain and collection take far less. */
const SHUTDOWN_MS = 10_000;

export const flags: FlagSet = {
  values: { ...CONFIG_FLAGS.values, output: { short: "o" }, duration: { short: "d" } },
  switches: { ...CONFIG_FLAGS.switches, "keep-secrets": {} },
};

/** Writes what the kernel reports to a file, as the receiver `ebpf_http` reads it, until a signal or the duration's end. */
export async function run(args: readonly string[]): Promise<number> {
  const given = parseFlags(args, flags);
  const path = lastOf(given, "output");
  if (path === undefined) throw new UsageError("the flag --output is required: the file to write");
  const durationMs = durationOf(given);
  const config = { ...((await httpConfig(given)) ?? parseConfig(ebpfHttpConfig, undefined)), replay: "" };
  const keepSecrets = given.switches.has("keep-secrets");
  say(warning(path, keepSecrets));
  const recording = new Recording(config, { path, keepSecrets });
  await recording.start();
  say(`Recording to ${path}${durationMs ? "" : "; end it with Ctrl-C"}.`);
  const failure = await Promise.race([stopRequested(), elapsed(durationMs), recording.failure]);
  await recording.stop();
  if (failure instanceof Error) throw new Error(`write ${path}: ${failure.message}`, { cause: failure });
  const { records } = recording;
  say(`Recorded ${records} records, ${statSync(path).size} bytes.`);
  say(
    `Play it with: ${buildInfo.command} --config config/default.yaml --set receivers.${RECEIVER}.replay=${path}`,
  );
  return 0;
}

/** The receiver as it always runs, with a source that is written down and nobody to hand telemetry to. */
class Recording {
  /** Resolves with the error when the file can no longer be written. */
  readonly failure: Promise<Error>;
  readonly #receiver: Component;
  #source: RecordedSource | undefined;

  constructor(config: EbpfHttpConfig, { path, keepSecrets }: { path: string; keepSecrets: boolean }) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failure = promise;
    const paths = hostPaths();
    this.#receiver = new EbpfHttpReceiver({
      settings: { id: RECEIVER, logger: warningsOnly, buildInfo, counters: new Counters() },
      config,
      next: { traces: discard, metrics: discard },
      agentPid: readAgentPid(paths.proc),
      openSource: async (tap) => {
        const source = await openKernelSource(loadLibbpf(), paths, tap);
        const { version } = buildInfo;
        try {
          this.#source = new RecordedSource(source, tap, { path, version, keepSecrets, onError: resolve });
          return this.#source;
        } catch (error) {
          await source.close();
          throw error;
        }
      },
    });
  }

  get records(): number {
    return this.#source?.written.records ?? 0;
  }

  async start(): Promise<void> {
    await this.#receiver.start({ reportStatus() {}, extension: () => undefined, view: emptyView });
  }

  async stop(): Promise<void> {
    await this.#receiver.shutdown(AbortSignal.timeout(SHUTDOWN_MS));
  }
}

function emptyView(): ServiceView {
  return { buildInfo, startTime: new Date(), pipelines: [], extensions: [] };
}

function warning(path: string, keepSecrets: boolean): string {
  const values = keepSecrets
    ? "Cookies, tokens and credentials are in it as they were sent"
    : "Values of Authorization, Cookie and the like are overwritten; paths, queries and other headers are not";
  return `${path} will hold the first bytes of requests and responses. ${values}: look who may read it.`;
}

function durationOf(flags: Flags): number | undefined {
  const text = lastOf(flags, "duration");
  if (text === undefined) return undefined;
  try {
    const ms = parseDurationMs(text);
    if (ms > 0) return timerMs(ms);
  } catch (cause) {
    throw new UsageError(`invalid argument for "--duration" flag: ${(cause as Error).message}`, { cause });
  }
  throw new UsageError(`invalid argument ${JSON.stringify(text)} for "--duration" flag: must be positive`);
}

function lastOf({ values }: Flags, name: string): string | undefined {
  return values[name]?.at(-1);
}

/** Never resolves without a duration. Keeps the process alive, as the agent's timers do not. */
function elapsed(durationMs: number | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, durationMs ?? timerMs(Number.POSITIVE_INFINITY));
  return promise;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
