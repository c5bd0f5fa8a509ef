// Each SDK, over each protocol, plain, compressed and encrypted: everything it was told to send arrives as it was sent.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { selfSigned } from "../support/certificate.ts";
import { run } from "./cache.ts";
import { checkLogs, checkMetrics, checkSpans, type Sent } from "./check.ts";
import type { SpanId, Traits } from "./expected.ts";
import { type Command, goClient, nodeClient, pythonClient } from "./obtain.ts";
import { PRESSURE_TESTS, testPressure } from "./pressure.ts";
import { Receiving, readCounts } from "./receiving.ts";
import type { Report } from "./report.ts";
import { describeTransport, environment, type Protocol, type Transport } from "./transport.ts";
import { type Workload, workload } from "./workload.ts";

/** An SDK and what is known of it. */
export interface Sdk {
  readonly name: string;
  readonly obtain: () => Promise<Command>;
  readonly protocols: readonly Protocol[];
  /** Protocols over which it tries again what was refused. */
  readonly retries: readonly Protocol[];
  /** Half a minute in the unit that it takes OTEL_EXPORTER_OTLP_TIMEOUT to have. */
  readonly halfMinute: string;
  readonly traits: Traits;
  /** The largest integer that an attribute of its can have. */
  readonly maxInteger: bigint;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** The SDKs. */
export const SDKS: readonly Sdk[] = [
  {
    name: "Go",
    obtain: goClient,
    protocols: ["grpc", "http/protobuf"],
    retries: ["grpc", "http/protobuf"],
    halfMinute: "30000",
    traits: { keepsExemplars: true, sendsTraceFlags: true, sendsTraceStateOfLinks: false },
    maxInteger: MAX_INT64,
  },
  {
    name: "Python",
    obtain: pythonClient,
    protocols: ["grpc", "http/protobuf"],
    retries: ["grpc", "http/protobuf"],
    halfMinute: "30",
    traits: { keepsExemplars: true, sendsTraceFlags: false, sendsTraceStateOfLinks: false },
    maxInteger: MAX_INT64,
  },
  {
    name: "Node.js",
    obtain: nodeClient,
    protocols: ["grpc", "http/protobuf", "http/json"],
    retries: ["http/protobuf"], // Its gRPC exporter drops what was not taken at once.
    halfMinute: "30000",
    traits: { keepsExemplars: false, sendsTraceFlags: true, sendsTraceStateOfLinks: true },
    maxInteger: BigInt(Number.MAX_SAFE_INTEGER),
  },
];

/** A client's own account of what it did. */
export interface Account {
  readonly ids: readonly SpanId[];
  /** What it logged: an SDK that can't deliver says so, and ends as if nothing were wrong. */
  readonly said: string;
}

/** Sends a workload. */
export async function send(command: Command, work: Workload, env: NodeJS.ProcessEnv): Promise<Account> {
  const [program, ...args] = command;
  const { stdout, stderr } = await run(program, args, { input: JSON.stringify(work), env });
  return { ids: JSON.parse(stdout), said: stderr };
}

/** Runs all transports of an SDK, in a folder for its certificate. */
export async function testSdk(report: Report, sdk: Sdk, folder: string): Promise<void> {
  const transports = transportsOf(sdk, join(folder, "cert.pem"));
  const count = transports.length * 4 + sdk.retries.length * PRESSURE_TESTS;
  await report.group(`${sdk.name} SDK`, count, async () => {
    const command = await sdk.obtain();
    const { cert, key } = selfSigned();
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "key.pem"), key);
    for (const transport of transports) {
      const name = `${sdk.name} SDK, ${describeTransport(transport)}`;
      await report.group(name, 4, () => testTransport(report, name, sdk, command, transport, folder));
    }
    for (const protocol of sdk.retries) await testPressure(report, sdk, command, protocol, folder);
  });
}

function transportsOf({ protocols }: Sdk, caFile: string): Transport[] {
  const json = "http/json";
  return [
    ...protocols.map((protocol): Transport => ({ protocol, compression: "none" })),
    ...protocols.map((protocol): Transport => ({ protocol, compression: "gzip", isDelta: true })),
    ...protocols
      .filter((protocol) => protocol !== json)
      .map((protocol): Transport => ({ protocol, compression: "gzip", caFile })),
  ];
}

async function testTransport(
  report: Report,
  name: string,
  sdk: Sdk,
  command: Command,
  transport: Transport,
  folder: string,
): Promise<void> {
  const work = workload(`client-${sdk.name}`, sdk.maxInteger);
  const tls = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  const receiving = await Receiving.start(transport.caFile ? { tls } : {});
  const kind = transport.protocol === "grpc" ? "grpc" : "http";
  let sent: Sent;
  try {
    const { ids, said } = await send(command, work, environment(transport, receiving.ports[kind]));
    sent = { workload: work, ids, isDelta: transport.isDelta ?? false, traits: sdk.traits };
    await report.test(`${name}: counted as accepted`, async () => {
      const label = `transport="${kind}"`;
      const counts = await readCounts(receiving.ports.metrics, "otelcol_receiver_accepted_", label);
      const expected = countsOf(work);
      // Where they differ, what the client said tells why.
      assert.deepEqual(isDeepStrictEqual(counts, expected) ? counts : { ...counts, said }, expected);
    });
  } catch (error) {
    await receiving.stop();
    throw error;
  }
  const written = await receiving.stop();
  await report.test(`${name}: traces`, () => checkSpans(sent, written));
  await report.test(`${name}: metrics`, () => checkMetrics(sent, written));
  await report.test(`${name}: logs`, () => checkLogs(sent, written));
}

/** What a workload comes to, as the Collector's metrics name it. */
export function countsOf({ spans, metrics, logs }: Workload): Readonly<Record<string, number>> {
  const series = metrics.map(({ measurements }) => new Set(measurements.map(({ span }) => span)).size);
  return {
    log_records: logs.length,
    metric_points: series.reduce((total, count) => total + count, 0),
    spans: spans.length,
  };
}
