// Whatever comes in is shown or refused, and every format can show it.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { arbitraryRequest } from "../../../test/support/arbitrary-otlp.ts";
import { settings } from "../../../test/support/component.ts";
import type { HttpAnswer } from "../../config/http-server/request.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { MalformedError } from "../../pdata/index.ts";
import { prometheusConfig } from "./config.ts";
import { scrapeHandler } from "./handler.ts";
import { SeriesStore } from "./series-store.ts";

const numRuns = Number(process.env.WATTSPAN_PROPERTY_RUNS ?? 60);
vi.setConfig({ testTimeout: 20_000 + numRuns * 200 });

const ACCEPTED = [
  "text/plain",
  "text/plain;escaping=values",
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
];
/** A name, labels whose values may have anything escaped in them, a value, a time, an exemplar. */
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)?(\{("(\\.|[^"\\])*"|[a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*"|"(\\.|[^"\\])*"="(\\.|[^"\\])*"|,)*\})? \S+( [-+.\w]+)?( # \{.*\} \S+ \S+)?$/s;

function setUp(section: object) {
  const config = parseConfig(prometheusConfig, { endpoint: "localhost:0", ...section });
  const store = new SeriesStore(config, settings("prometheus"));
  return { store, handler: scrapeHandler(config, store) };
}

function expectReadable({ status, headers, body }: HttpAnswer): void {
  expect(status).toBe(200);
  if (headers["Content-Type"]?.startsWith("application/vnd")) return;
  const lines = Buffer.from(body as Uint8Array)
    .toString()
    .split("\n")
    .slice(0, -1);
  for (const line of lines) if (!line.startsWith("# ")) expect(line).toMatch(SAMPLE);
}

describe.each([
  { enable_open_metrics: true, send_timestamps: true },
  {
    enable_open_metrics: true,
    translation_strategy: "NoTranslation",
    resource_to_telemetry_conversion: { enabled: true },
  },
])("any metrics with %j", (section) => {
  it("are shown in every format", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryRequest("metrics"), { maxLength: 3 }), async (requests) => {
        const { store, handler } = setUp(section);
        for (const request of [...requests, ...requests]) store.add(request);
        for (const accept of ACCEPTED)
          expectReadable(await handler({ path: "/metrics", headers: { accept } } as never));
      }),
      { numRuns },
    );
  });

  it("are refused when their bytes are not OTLP", () => {
    fc.assert(
      fc.property(arbitraryRequest("metrics"), fc.nat(), fc.nat(255), (request, at, byte) => {
        if (request.length === 0) return;
        const changed = Buffer.from(request);
        changed[at % changed.length] = byte;
        try {
          setUp(section).store.add(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns },
    );
  });
});
