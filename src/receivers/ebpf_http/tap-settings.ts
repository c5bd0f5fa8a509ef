import type { SpanSettings } from "../../ebpf/tap/http-tap.ts";
import type { HttpTapSettings } from "../../ebpf/tap/open.ts";
import { SOCKET_HOOK_VARIABLE } from "../../ebpf/tap/socket-hooks.ts";
import type { EbpfHttpConfig } from "./config.ts";
import type { Discovery } from "./discovery.ts";
import { DurationBuckets } from "./duration-buckets.ts";
import { SIZE_BOUNDARIES } from "./size-boundaries.ts";

export interface TapContext {
  readonly firstSpans?: SpanSettings;
  readonly discovery: Discovery;
  readonly agentPid: number;
  readonly spans: boolean;
}

/** What the user's configuration means for the programs in the kernel. */
export function tapSettings(
  config: EbpfHttpConfig,
  { discovery, agentPid, spans, firstSpans }: TapContext,
): HttpTapSettings {
  const { capture, histogram, metrics, roles, routes } = config;
  return {
    agentPid,
    server: roles.includes("server"),
    client: roles.includes("client"),
    spans,
    ...(firstSpans && { firstSpans }),
    bodySizes: metrics.bodySize,
    requestCaptureBytes: capture.bytes,
    responseCaptureBytes: capture.responseHeaders.length > 0 ? capture.bytes : 0,
    routesLimit: routes.limit,
    wholePaths: routes.unmatched === "path",
    boundariesNs: new DurationBuckets(histogram.boundaries).boundsNs.map(BigInt),
    sizeBoundariesBytes: SIZE_BOUNDARIES.map(BigInt),
    anyProcess: discovery.anyProcess,
    anyPort: discovery.anyPort,
    ports: discovery.ports,
    processSelectors: discovery.hasProcessKeys,
    hook: process.env[SOCKET_HOOK_VARIABLE],
  };
}
