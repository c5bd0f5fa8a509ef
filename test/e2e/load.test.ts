// Full load: spans may be sampled, metrics are complete.
import { expect, test } from "vitest";
import { Agent } from "../support/agent.ts";
import { load } from "../support/clients.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { startNginx } from "../support/servers.ts";
import { seriesOf, spansOf } from "../support/telemetry.ts";

const SECONDS = 2;
const CONNECTIONS = 8;
const SPANS_PER_SECOND = 100;

test("under wrk every request is counted on both sides, and spans keep to their budget", async () => {
  const nginx = await startNginx();
  await using receiver = await OtlpReceiver.start();
  const agent = await Agent.start(`
receivers:
  ebpf_http:
    collection_interval: 1s
    discovery: {include: [{port: ${nginx.port}}]}
    spans: {max_per_second: ${SPANS_PER_SECOND}}
exporters:
  otlp_grpc: {endpoint: "${receiver.endpoint}", tls: {insecure: true}}
service:
  pipelines:
    traces: {receivers: [ebpf_http], exporters: [otlp_grpc]}
    metrics: {receivers: [ebpf_http], exporters: [otlp_grpc]}
`);
  const { requests, pid } = await load(`http://127.0.0.1:${nginx.port}/ok`, SECONDS, CONNECTIONS);
  const exitCode = await agent.stop();
  const logged = nginx.log().length;
  await nginx.stop();

  const answered = (name: string, ofPid: number) =>
    seriesOf(receiver, name)
      .filter(
        ({ resource, attributes }) =>
          resource["process.pid"] === ofPid && attributes["http.response.status_code"] === 200,
      )
      .reduce((sum, { count }) => sum + count, 0);
  expect([exitCode, agent.errors]).toEqual([0, []]);
  expect(answered("http.server.request.duration", nginx.pid)).toBe(logged);
  expect(answered("http.client.request.duration", pid)).toBe(requests);
  // The seconds of the budget are not the seconds of wrk: one more may begin before it and one end after it.
  expect(spansOf(receiver).length).toBeGreaterThan(SPANS_PER_SECOND);
  expect(spansOf(receiver).length).toBeLessThanOrEqual(SPANS_PER_SECOND * (SECONDS + 2));
}, 60_000);
