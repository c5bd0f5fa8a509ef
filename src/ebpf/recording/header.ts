// The first frame of a recording: what has to be known to read the others.
import { readFileSync } from "node:fs";
import { machine, release } from "node:os";
import {
  http_conn,
  http_request,
  http_request_event,
  http_series,
  http_series_key,
  http_sizes,
  http_target_event,
} from "../layouts.gen.ts";
import type { HttpTapSettings } from "../tap/open.ts";
import { RecordingError } from "./frame.ts";

/** Byte offsets of a struct's fields, and its size. */
type Layout = Readonly<Record<string, number>>;

/** The structs whose bytes a recording has. */
export const RECORDED_LAYOUTS: Readonly<Record<string, Layout>> = {
  http_request_event,
  http_target_event,
  http_series_key,
  http_series,
  http_sizes,
  http_conn,
  http_request,
};

/** Settings of the tap that recordings have as they are. */
type AsTheyAre = Pick<
  HttpTapSettings,
  "server" | "client" | "spans" | "bodySizes" | "wholePaths" | "requestCaptureBytes" | "responseCaptureBytes"
>;

/** What the programs were loaded with, as far as it shapes what was recorded. */
export interface RecordedSettings extends AsTheyAre {
  /** In ns, as decimal strings. */
  readonly boundaries: readonly string[];
  /** In bytes, as decimal strings. */
  readonly sizeBoundaries: readonly string[];
}

export interface RecordingHeader {
  /** The version of wattspan that recorded. */
  readonly version: string;
  readonly kernel: string;
  readonly machine: string;
  readonly hook: string;
  /** Of the moment the recording began, in ns as decimal strings; boot time to 10 ms. */
  readonly clocks: { readonly monotonic: string; readonly boottime: string; readonly unix: string };
  /** Whether values of headers that are secrets were overwritten. */
  readonly redacted: boolean;
  readonly settings: RecordedSettings;
  readonly layouts: Readonly<Record<string, Layout>>;
}

/** Keeps of the tap's settings what readers need. */
export function recordedSettings(settings: HttpTapSettings): RecordedSettings {
  const { server, client, spans, bodySizes, wholePaths, requestCaptureBytes, responseCaptureBytes } =
    settings;
  return {
    server,
    client,
    spans,
    bodySizes,
    wholePaths,
    requestCaptureBytes,
    responseCaptureBytes,
    boundaries: settings.boundariesNs.map(String),
    sizeBoundaries: bodySizes ? settings.sizeBoundariesBytes.map(String) : [],
  };
}

/** What this host adds to a header. */
export function thisHost(): Pick<RecordingHeader, "kernel" | "machine"> {
  return { kernel: release(), machine: machine() };
}

/** CLOCK_BOOTTIME in ns, to 10 ms; 0 where /proc is not there. */
export function boottimeNs(procRoot = "/proc"): bigint {
  try {
    const [seconds = "0"] = readFileSync(`${procRoot}/uptime`, "utf8").split(" ");
    return BigInt(Math.round(Number(seconds) * 100)) * 10_000_000n;
  } catch {
    return 0n;
  }
}

/** Reads a header. Throws a RecordingError where there is none. */
export function parseHeader(path: string, payload: Buffer): RecordingHeader {
  try {
    return JSON.parse(payload.toString("utf8")) as RecordingHeader;
  } catch (cause) {
    throw new RecordingError(`read ${path}: its header cannot be read`, { cause });
  }
}

/** Throws a RecordingError when one of the structs was another then: its bytes would be taken for what they are not. */
export function checkLayouts(path: string, header: RecordingHeader, names: readonly string[]): void {
  for (const name of names) {
    if (sameLayout(header.layouts[name], RECORDED_LAYOUTS[name])) continue;
    throw new RecordingError(
      `play ${path}: struct ${name} was another in wattspan ${header.version}, which recorded it; play it with that version`,
    );
  }
}

function sameLayout(recorded: Layout | undefined, present: Layout | undefined): boolean {
  if (!recorded || !present) return false;
  const names = Object.keys(present);
  return (
    names.length === Object.keys(recorded).length && names.every((name) => recorded[name] === present[name])
  );
}
