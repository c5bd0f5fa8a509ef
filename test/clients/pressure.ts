// A wattspan that refuses for now: each SDK is to try again, and everything it sent arrives once there is room.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkLogs, checkMetrics, checkSpans } from "./check.ts";
import { attribute, type Found, type Written } from "./found.ts";
import type { Command } from "./obtain.ts";
import { attributes, text } from "./otlp-json.ts";
import { type Counts, findPorts, Receiving, readCounts } from "./receiving.ts";
import type { Report } from "./report.ts";
import { type Account, type Sdk, send } from "./sdks.ts";
import { environment, type Protocol } from "./transport.ts";
import { type Workload, workload } from "./workload.ts";

const REFUSED = "otelcol_receiver_refused_";
const PRIMER = "primer";
const REFUSAL_MS = 20_000;

/** A wattspan under pressure. */
interface Pressed {
  readonly front: Receiving;
  /** Ends the pressure. */
  relieve(): Promise<void>;
  /** Ends it all and reads what arrived at the last of them. */
  stop(): Promise<Written>;
}

/** What presses, by name; the protocol is the client's, and where there are two, also theirs. */
const PRESSURES: Readonly<Record<string, (protocol: Protocol, folder: string) => Promise<Pressed>>> = {
  "a full queue": fullQueue,
  "the memory limit": memoryLimit,
};

/** How many tests `testPressure` runs for each protocol. */
export const PRESSURE_TESTS: number = Object.keys(PRESSURES).length * 4;

/** Runs an SDK against each pressure. */
export async function testPressure(
  report: Report,
  sdk: Sdk,
  command: Command,
  protocol: Protocol,
  folder: string,
): Promise<void> {
  for (const [what, press] of Object.entries(PRESSURES)) {
    const name = `${sdk.name} SDK, ${protocol === "grpc" ? "gRPC" : "HTTP"}, refused by ${what}`;
    await report.group(name, 4, async () => {
      const work = workload(`client-${sdk.name}`, sdk.maxInteger);
      const pressed = await press(protocol, folder);
      let account: Account;
      try {
        const { ports } = pressed.front;
        const port = protocol === "grpc" ? ports.grpc : ports.http;
        const before = await readCounts(ports.metrics, REFUSED);
        const sending = send(
          command,
          work,
          environment({ protocol, compression: "gzip", timeout: sdk.halfMinute }, port),
        );
        await report.test(name, () => untilRefused(pressed, before, sending));
        await pressed.relieve();
        account = await sending;
      } catch (error) {
        await pressed.stop();
        throw error;
      }
      await checkDelivered(report, name, sdk, work, account, withoutPrimer(await pressed.stop()));
    });
  }
}

async function checkDelivered(
  report: Report,
  name: string,
  sdk: Sdk,
  work: Workload,
  { ids, said }: Account,
  written: Written,
): Promise<void> {
  const sent = { workload: work, ids, isDelta: false, traits: sdk.traits };
  const before = report.failed;
  await report.test(`${name}: traces are delivered`, () => checkSpans(sent, written));
  await report.test(`${name}: metrics are delivered`, () => checkMetrics(sent, written));
  await report.test(`${name}: logs are delivered`, () => checkLogs(sent, written));
  if (report.failed > before) console.log(said);
}

/** Waits until something of each signal was refused. */
async function untilRefused({ front }: Pressed, before: Counts, sending: Promise<Account>): Promise<void> {
  let ended = false;
  sending
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  const deadline = performance.now() + REFUSAL_MS;
  const isRefused = (counts: Counts) =>
    ["spans", "metric_points", "log_records"].every((item) => (counts[item] ?? 0) > (before[item] ?? 0));
  while (!isRefused(await readCounts(front.ports.metrics, REFUSED))) {
    assert.ok(!ended, "the client ended before everything had been refused");
    assert.ok(performance.now() < deadline, "not every signal was refused in time");
    await sleep(50);
  }
}

/** Queues for one request each before a server that is not there yet. */
async function fullQueue(protocol: Protocol): Promise<Pressed> {
  const ports = await findPorts();
  const waiting = {
    sending_queue: { queue_size: 1, num_consumers: 1, sizer: "requests" },
    retry_on_failure: { initial_interval: "100ms", max_interval: "300ms", max_elapsed_time: "0s" },
  };
  const exporters =
    protocol === "grpc"
      ? { otlp_grpc: { endpoint: `127.0.0.1:${ports.grpc}`, tls: { insecure: true }, ...waiting } }
      : { otlp_http: { endpoint: `http://127.0.0.1:${ports.http}`, ...waiting } };
  const front = await Receiving.start({ exporters });
  await fill(front);
  let behind: Receiving | undefined;
  return {
    front,
    async relieve() {
      behind = await Receiving.start({ ports });
    },
    async stop() {
      await front.agent.stop();
      return (await behind?.stop()) ?? { spans: [], metrics: [], logs: [] };
    },
  };
}

/** Sends an item of each signal until there is no room for another. */
async function fill({ ports }: Receiving): Promise<void> {
  const resource = { attributes: attributes({ "service.name": text(PRIMER) }) };
  const bodies = {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans: [{ name: PRIMER }] }] }] },
    metrics: {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [{ metrics: [{ name: PRIMER, gauge: { dataPoints: [{ asInt: "1" }] } }] }],
        },
      ],
    },
    logs: { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ eventName: PRIMER }] }] }] },
  };
  for (const [signal, body] of Object.entries(bodies)) {
    let status = 200;
    for (let tries = 0; status === 200 && tries < 100; tries++)
      ({ status } = await fetch(`http://127.0.0.1:${ports.http}/v1/${signal}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }));
    assert.equal(status, 503, `the answer of a full queue of ${signal}`);
  }
}

function withoutPrimer({ spans, metrics, logs }: Written): Written {
  const isSent = ({ resource }: Found) => {
    const name = attribute(resource, "service.name");
    return name === undefined || !("stringValue" in name) || name.stringValue !== PRIMER;
  };
  return { spans: spans.filter(isSent), metrics: metrics.filter(isSent), logs: logs.filter(isSent) };
}

/** A limit that any process is above, until a reload raises it. */
async function memoryLimit(_: Protocol, folder: string): Promise<Pressed> {
  const limit = join(folder, "limit");
  writeFileSync(limit, "1");
  const memory_limiter = { check_interval: "100ms", limit_mib: `\${file:${limit}}` };
  const front = await Receiving.start({ processors: { memory_limiter } });
  return {
    front,
    async relieve() {
      writeFileSync(limit, "4000");
      process.kill(front.agent.pid, "SIGHUP");
    },
    stop: () => front.stop(),
  };
}
