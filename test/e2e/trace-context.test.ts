// Requests that already carry a trace: spans join it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../support/agent.ts";
import { type Ask, clients } from "../support/clients.ts";
import { KIND } from "../support/http-expectations.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { type Server, startNode } from "../support/servers.ts";
import { type PlainSpan, spansOf } from "../support/telemetry.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";

/** Headers, and whether they make a valid context. */
const CONTEXTS: readonly (readonly [string, Readonly<Record<string, string>>, boolean])[] = [
  ["sampled", { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, tracestate: "vendor=1" }, true],
  ["not sampled", { traceparent: `00-${TRACE_ID}-${PARENT_ID}-00` }, true],
  ["of a later version", { traceparent: `01-${TRACE_ID}-${PARENT_ID}-01-more` }, true],
  ["with its name in capitals", { TraceParent: `00-${TRACE_ID}-${PARENT_ID}-01` }, true],
  ["of version ff", { traceparent: `ff-${TRACE_ID}-${PARENT_ID}-01` }, false],
  ["with a trace id of zeros", { traceparent: `00-${"0".repeat(32)}-${PARENT_ID}-01` }, false],
  ["with a parent id of zeros", { traceparent: `00-${TRACE_ID}-${"0".repeat(16)}-01` }, false],
  ["in upper case", { traceparent: `00-${TRACE_ID.toUpperCase()}-${PARENT_ID}-01` }, false],
  ["that is cut", { traceparent: `00-${TRACE_ID}-${PARENT_ID}` }, false],
  ["of version 00 with more behind it", { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01-more` }, false],
];

describe("an agent that sees requests with a traceparent", () => {
  let server: Server;
  let spans: PlainSpan[] = [];

  beforeAll(async () => {
    server = await startNode();
    await using receiver = await OtlpReceiver.start();
    const agent = await Agent.start(`
receivers:
  ebpf_http:
    discovery: {include: [{port: ${server.port}}]}
exporters:
  otlp_grpc: {endpoint: "${receiver.endpoint}", tls: {insecure: true}}
service:
  pipelines:
    traces: {receivers: [ebpf_http], exporters: [otlp_grpc]}
`);
    const asks: Ask[] = CONTEXTS.map(([, headers], i) => ({
      url: `http://127.0.0.1:${server.port}/ok?n=${i}`,
      method: "GET",
      headers,
      body: "",
    }));
    await clients.curl(asks);
    await agent.stop();
    spans = spansOf(receiver);
  }, 60_000);
  afterAll(() => server.stop());

  test.each(CONTEXTS.map(([name, headers, valid], i) => ({ name, headers, valid, i })))(
    "a context $name",
    ({ headers, valid, i }) => {
      const own = spans.filter(({ attributes }) =>
        String(attributes["url.query"] ?? attributes["url.full"]).endsWith(`n=${i}`),
      );
      const client = own.find(({ kind }) => kind === KIND.client)!;
      const inner = own.find(({ kind }) => kind === KIND.server)!;
      expect(own.length).toBe(2);
      expect([inner.traceId, inner.parentSpanId]).toEqual([client.traceId, client.spanId]);
      expect(client.traceId === TRACE_ID).toBe(valid);
      expect(client.parentSpanId).toBe(valid ? PARENT_ID : "");
      if (headers.tracestate) expect(inner.traceState).toContain(headers.tracestate);
    },
  );
});
