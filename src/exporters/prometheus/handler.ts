// Answers scrapes.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { HttpAnswer, HttpRequest, RequestHead } from "../../config/http-server/request.ts";
import { NOT_FOUND } from "../../config/http-server/request.ts";
import type { PrometheusConfig } from "./config.ts";
import { labelName } from "./naming.ts";
import { negotiate } from "./negotiate.ts";
import { toProtobuf } from "./protobuf.ts";
import type { Family, SeriesStore } from "./series-store.ts";
import { toText } from "./text.ts";

const PATH = "/metrics";
const TARGET_INFO = "target_info";
const compress = promisify(gzip);

/** Serves what is in `store` under `/metrics`, in the format the scraper asks for. */
export function scrapeHandler(
  config: PrometheusConfig,
  store: SeriesStore,
): (request: HttpRequest) => Promise<HttpAnswer> {
  return async ({ path, headers }) => {
    if (path !== PATH) return NOT_FOUND;
    const format = negotiate(headers.accept, config.enableOpenMetrics);
    const { families, targets } = store.collect();
    const all = withTargetInfo(families, targets, targetInfoName(config, store));
    const options = { escaping: format.escaping, timestamps: config.sendTimestamps };
    const body =
      format.syntax === "protobuf"
        ? toProtobuf(all, options)
        : Buffer.from(toText(all, { ...options, openMetrics: format.syntax === "openmetrics" }));
    return { ...(await compressed(body, format.contentType, headers["accept-encoding"])), route: PATH };
  };
}

/** The answer to requests that never get to the handler. */
export function errorAnswer(_head: RequestHead, message: string, status: number): HttpAnswer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: `${message}\n` };
}

async function compressed(
  body: Buffer,
  contentType: string,
  accepted: string | string[] | undefined,
): Promise<HttpAnswer> {
  const headers = { "Content-Type": contentType };
  if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?(\s|,|$))/.test(String(accepted ?? "")))
    return { status: 200, headers, body };
  return {
    status: 200,
    headers: { ...headers, "Content-Encoding": "gzip" },
    body: await compress(body, { level: 1 }),
  };
}

function targetInfoName({ namespace }: PrometheusConfig, { strategy }: SeriesStore): string {
  return namespace === "" ? TARGET_INFO : `${labelName(namespace, strategy)}_${TARGET_INFO}`;
}

/** Adds the family that tells of each target what its series do not say; it has no time of its own. */
function withTargetInfo(
  families: readonly Family[],
  targets: readonly string[],
  name: string,
): readonly Family[] {
  if (targets.length === 0) return families;
  const value = { type: "number", startTime: 0n, time: 0n, value: 1, exemplars: [] } as const;
  const series = new Map(targets.map((key) => [key, { key, value, updatedMs: 0, live: true }]));
  const info: Family = { name, help: "Target metadata", type: "gauge", series, conflictLogged: false };
  return [...families, info].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
