// One pipeline under load: items per CPU-second and peak memory, checked to have lost nothing.
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/servers.ts";
import type { HelperProcess } from "./helper-process.ts";
import { input } from "./inputs.ts";
import { configOf, type Ports, type Scenario } from "./scenarios.ts";
import { Subject } from "./subject.ts";
import type { Ask, Load, Sent, Swallowed } from "./wire.ts";

/** Both ends of a pipeline. */
export interface Ends {
  readonly sender: HelperProcess<object, Load, Sent>;
  readonly backend: HelperProcess<{ readonly port: number }, Ask, Swallowed>;
}

export interface Throughput {
  readonly itemsPerCpuSecond: number;
  readonly peakRssBytes: number;
  /** Sent and accepted, but not arrived. */
  readonly lost: number;
}

const CONCURRENCY = 8;
const QUIET_MS = 500;
/** How long nothing may arrive before what has not is lost; a busy machine stands still for a second or two. */
const PATIENCE_MS = 8000;
/** Both V8 and Go need some hundred requests before they run as they will. */
const WARM_UP_SECONDS = 1.5;

/** Runs one subject: ours, or the one whose path is given. */
export async function measure(
  scenario: Scenario,
  { sender, backend }: Ends,
  seconds: number,
  program?: string,
): Promise<Throughput> {
  const { signal, items, body } = input(scenario.input);
  const ports: Ports = {
    grpc: await freePort(),
    http: await freePort(),
    prometheus: await freePort(),
    backend: backend.hello.port,
  };
  const subject = await Subject.start(configOf(scenario, signal, ports), ports.grpc, program);
  try {
    const load: Load = {
      protocol: scenario.protocol,
      port: scenario.protocol === "grpc" ? ports.grpc : ports.http,
      signal,
      compression: scenario.compression,
      body: Buffer.from(body).toString("base64"),
      seconds: WARM_UP_SECONDS,
      concurrency: CONCURRENCY,
    };
    const arrives = scenario.exporter === "otlp";
    const warmUp = await sender.ask(load);
    await settled(backend, arrives ? warmUp.accepted * items : 0);
    await backend.ask({ reset: true });
    const before = subject.cpuUs;
    const { accepted, refused } = await sender.ask({ ...load, seconds });
    const arrived = await settled(backend, arrives ? accepted * items : 0);
    const cpuUs = subject.cpuUs - before;
    if (refused > accepted / 100)
      throw new Error(`${refused} of ${accepted + refused} requests were refused`);
    return {
      itemsPerCpuSecond: (accepted * items * 1e6) / cpuUs,
      peakRssBytes: subject.peakRssBytes,
      lost: arrives ? accepted * items - arrived.items : 0,
    };
  } finally {
    await subject.stop();
  }
}

/** Waits until all has arrived, or nothing more does. */
async function settled(backend: Ends["backend"], items: number): Promise<Swallowed> {
  let before: Swallowed | undefined;
  let quietMs = 0;
  for (;;) {
    await sleep(QUIET_MS);
    const now = await backend.ask({ reset: false });
    quietMs = now.items === before?.items ? quietMs + QUIET_MS : 0;
    if (now.items >= items || quietMs >= PATIENCE_MS) return now;
    before = now;
  }
}
