// Which format a scraper gets, by its Accept header.
import { type Escaping, isEscaping } from "./escaping.ts";

export type Syntax = "text" | "openmetrics" | "protobuf";

export interface Format {
  readonly syntax: Syntax;
  readonly escaping: Escaping;
  readonly contentType: string;
}

const PROTOBUF = "application/vnd.google.protobuf";
const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const FAMILY = "io.prometheus.client.MetricFamily";

interface Accepted {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The first format of those the scraper accepts that we have, in the order of its preference; else the plain text. */
export function negotiate(accept: string | undefined, openMetrics: boolean): Format {
  let escaping: Escaping = "underscores";
  for (const { type, parameters } of parseAccept(accept ?? "")) {
    const wanted = parameters.get("escaping") ?? "";
    if (isEscaping(wanted)) escaping = wanted;
    const found = match(type, parameters, openMetrics);
    if (found) return { ...found, escaping, contentType: `${found.contentType}; escaping=${escaping}` };
  }
  return { syntax: "text", escaping, contentType: `${TEXT}; escaping=${escaping}` };
}

function match(
  type: string,
  parameters: ReadonlyMap<string, string>,
  openMetrics: boolean,
): Omit<Format, "escaping"> | undefined {
  const version = parameters.get("version") ?? "";
  if (type === PROTOBUF && parameters.get("proto") === FAMILY && parameters.get("encoding") === "delimited") {
    return { syntax: "protobuf", contentType: `${PROTOBUF}; proto=${FAMILY}; encoding=delimited` };
  }
  if (type === "text/plain" && ["", "0.0.4"].includes(version)) {
    return { syntax: "text", contentType: TEXT };
  }
  if (openMetrics && type === "application/openmetrics-text" && ["", "0.0.1", "1.0.0"].includes(version)) {
    const shown = version || "0.0.1";
    return { syntax: "openmetrics", contentType: `${type}; version=${shown}; charset=utf-8` };
  }
  return undefined;
}

/** The entries of an Accept header, those of the highest quality first. */
function parseAccept(header: string): Accepted[] {
  const entries = header.split(",").map((entry) => {
    const [type = "", ...rest] = entry.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
    return { type, parameters };
  });
  const quality = ({ parameters }: Accepted) => Number(parameters.get("q") ?? 1);
  return entries.filter((entry) => quality(entry) > 0).toSorted((a, b) => quality(b) - quality(a));
}
