// The OTLP exporters before a server that answers at random: what became of each request is what the server said of it.
import { describe, expect, it, vi } from "vitest";
import type { Component, Factory } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import { type Consumer, PermanentError } from "../../src/consumer/index.ts";
import type { QueuedExporter } from "../../src/exporters/helper/exporter.ts";
import { otlpGrpcExporterFactory } from "../../src/exporters/otlp_grpc/factory.ts";
import { otlpHttpExporterFactory } from "../../src/exporters/otlp_http/factory.ts";
import { countItems } from "../../src/pdata/count.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { Reader } from "../../src/pdata/protobuf/reader.ts";
import { SHAPES } from "../../src/pdata/shape.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { data } from "../support/data.ts";
import { type HttpScript, itemsIn, OtlpHttpServer } from "../support/otlp-http-server.ts";
import { type Answer, CODE, OtlpReceiver } from "../support/otlp-receiver.ts";
import { random } from "../support/random.ts";

vi.setConfig({ testTimeout: 60_000 });

const SIGNALS: readonly Signal[] = ["traces", "logs"];
const REQUESTS = 120;
/** A request is told by how many items it has. */
type Verdict = "taken" | "never" | "later";

/** A server, and what it said to each request, by signal and number of items, in order. */
interface Moody {
  readonly endpoint: string;
  verdicts(): Map<string, Verdict[]>;
  close(): Promise<void>;
}

function group(heard: readonly (readonly [string, Verdict])[]): Map<string, Verdict[]> {
  const verdicts = new Map<string, Verdict[]>();
  for (const [request, verdict] of heard) verdicts.set(request, [...(verdicts.get(request) ?? []), verdict]);
  return verdicts;
}

const PERMANENT_CODES = [2, 3, 5, 6, 7, 8, 9, 12, 13, 16];
const RETRYABLE_CODES = [1, 4, 10, 11, 14, 15];

function grpcAnswer(chance: () => number): Answer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;
  const mood = chance();
  if (mood < 0.3) return { kind: "ok" };
  if (mood < 0.4) return { kind: "partial", rejected: 1, message: "one was too old" };
  if (mood < 0.5) return { kind: "delay", ms: 50 * chance() };
  if (mood < 0.53) return { kind: "hang" };
  if (mood < 0.58) return { kind: "drop" };
  if (mood < 0.63) return { kind: "error", code: CODE.RESOURCE_EXHAUSTED, retryAfterMs: 20 };
  return { kind: "error", code: pick(mood < 0.8 ? PERMANENT_CODES : RETRYABLE_CODES) };
}

function grpcVerdict(answer: Answer): Verdict {
  if (["ok", "partial", "delay"].includes(answer.kind)) return "taken";
  if (answer.kind !== "error" || answer.retryAfterMs !== undefined) return "later";
  return RETRYABLE_CODES.includes(answer.code) ? "later" : "never";
}

async function moodyGrpc(chance: () => number): Promise<Moody> {
  const server = await OtlpReceiver.start();
  server.script.push(...Array.from({ length: 10 * REQUESTS }, () => grpcAnswer(chance)));
  return {
    endpoint: server.endpoint,
    verdicts: () =>
      group(
        server.received.map(({ signal, bytes, answer }) => [
          `${signal} ${countItems(new Reader(bytes), SHAPES[signal])}`,
          grpcVerdict(answer),
        ]),
      ),
    close: () => server.close(),
  };
}

const PARTIAL = {
  body: '{"partialSuccess":{"rejectedSpans":1}}',
  headers: { "Content-Type": "application/json" },
};

function httpAnswer(chance: () => number): HttpScript {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;
  const mood = chance();
  if (mood < 0.3) return {};
  if (mood < 0.4) return PARTIAL;
  if (mood < 0.5) return { delayMs: 50 * chance() };
  if (mood < 0.53) return { delayMs: 1500, reset: "before" };
  if (mood < 0.6) return { reset: pick(["before", "mid-body"]) };
  if (mood < 0.65) return { status: pick([429, 503]), headers: { "Retry-After": "0" } };
  return {
    status: pick(mood < 0.8 ? [301, 400, 401, 403, 404, 405, 413, 415, 500, 501] : [429, 502, 503, 504]),
  };
}

function httpVerdict({ reset, status = 200 }: HttpScript): Verdict {
  if (reset || [429, 502, 503, 504].includes(status)) return "later";
  return status < 300 ? "taken" : "never";
}

async function moodyHttp(chance: () => number): Promise<Moody> {
  const server = await OtlpHttpServer.start();
  server.script.push(...Array.from({ length: 10 * REQUESTS }, () => httpAnswer(chance)));
  return {
    endpoint: server.endpoint,
    verdicts: () =>
      group(
        server.received.map((request) => [
          `${request.path.slice("/v1/".length)} ${itemsIn(request)}`,
          httpVerdict(request.script),
        ]),
      ),
    close: () => server.close(),
  };
}

const CASES = [
  {
    name: "otlp_grpc",
    factory: otlpGrpcExporterFactory,
    open: moodyGrpc,
    section: { tls: { insecure: true } },
  },
  { name: "otlp_http", factory: otlpHttpExporterFactory, open: moodyHttp, section: {} },
  {
    name: "otlp_http in JSON",
    factory: otlpHttpExporterFactory,
    open: moodyHttp,
    section: { encoding: "json" },
  },
] as const;

const COMMON = {
  timeout: "1s",
  sending_queue: { wait_for_result: true },
  retry_on_failure: { initial_interval: "5ms", max_interval: "40ms", max_elapsed_time: "0s" },
};

/** A factory of an exporter, whatever its configuration is. */
type AnyExporterFactory = Factory<unknown, Signal> & {
  create(...args: [ReturnType<typeof settings>, unknown, Signal]): Component & Consumer<Signal>;
};

/**
 * Taken, or refused for good, at the end. Before that come answers that let it be tried again, and any that were on their
 * way when the connection was cut.
 */
function expectTruth(request: string, heard: readonly Verdict[], failure: unknown): void {
  expect(heard.at(-1), `${request}: ${failure}`).toBe(failure === undefined ? "taken" : "never");
  if (failure !== undefined) expect(failure).toBeInstanceOf(PermanentError);
}

describe.each(CASES)(
  "exporter $name before a server that answers at random",
  ({ factory, open, section }) => {
    it.each([1, 2])("delivers, drops and counts as the server said (%i)", async (seed) => {
      const chance = random(seed);
      const server = await open(chance);
      const { config, create } = factory as unknown as AnyExporterFactory;
      const parsed = parseConfig(config, { endpoint: server.endpoint, ...COMMON, ...section });
      const exporters = SIGNALS.map(
        (signal) => create.call(factory, settings("otlp"), parsed, signal) as QueuedExporter<Signal>,
      );
      for (const exporter of exporters) await exporter.start(new HostRecorder());
      const counted = { sent: 0, failed: 0 };
      const said = new Map<string, unknown>();
      const requests = Array.from({ length: REQUESTS }, async (_, index) => {
        const items = 1 + Math.floor(index / SIGNALS.length);
        const signal = SIGNALS[index % SIGNALS.length]!;
        const failure = await exporters[index % SIGNALS.length]!.consume(data(signal, items)).then(
          () => undefined,
          (error: unknown) => error,
        );
        counted[failure ? "failed" : "sent"] += items;
        said.set(`${signal} ${items}`, failure);
      });
      await Promise.all(requests);
      for (const exporter of exporters) await exporter.shutdown(AbortSignal.timeout(5000));
      const verdicts = server.verdicts();
      await server.close();
      for (const [request, failure] of said) expectTruth(request, verdicts.get(request)!, failure);
      const stats = exporters.map((exporter) => exporter.stats!);
      expect(stats.reduce((sum, { sentItems }) => sum + sentItems, 0)).toBe(counted.sent);
      expect(stats.reduce((sum, { failedItems }) => sum + failedItems, 0)).toBe(counted.failed);
      expect(stats.every(({ size, inFlight }) => size === 0 && inFlight === 0)).toBe(true);
      expect(Math.min(counted.sent, counted.failed)).toBeGreaterThan(0);
    });
  },
);
