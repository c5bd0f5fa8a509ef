// Two ebpf_http receivers of one agent, each with its own discovery: each sees its own, nothing is seen twice.
import { expect, test } from "vitest";
import { Agent } from "../support/agent.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { startNode } from "../support/servers.ts";
import { seriesOf, spansOf } from "../support/telemetry.ts";

const REQUESTS = 20;

test("each of two receivers sees the requests it is told to, once", async () => {
  const servers = [await startNode(), await startNode()];
  await using mine = await OtlpReceiver.start();
  await using theirs = await OtlpReceiver.start();
  const agent = await Agent.start(`
receivers:
  ebpf_http/mine: {discovery: {include: [{port: ${servers[0]!.port}}]}, roles: [server]}
  ebpf_http/theirs: {discovery: {include: [{port: ${servers[1]!.port}}]}, roles: [server], spans: {ratio: 0, slower_than: 0s}}
exporters:
  otlp_grpc/mine: {endpoint: "${mine.endpoint}", tls: {insecure: true}}
  otlp_grpc/theirs: {endpoint: "${theirs.endpoint}", tls: {insecure: true}}
service:
  pipelines:
    traces/mine: {receivers: [ebpf_http/mine], exporters: [otlp_grpc/mine]}
    metrics/mine: {receivers: [ebpf_http/mine], exporters: [otlp_grpc/mine]}
    traces/theirs: {receivers: [ebpf_http/theirs], exporters: [otlp_grpc/theirs]}
    metrics/theirs: {receivers: [ebpf_http/theirs], exporters: [otlp_grpc/theirs]}
`);
  for (const { port } of servers)
    for (let i = 0; i < REQUESTS; i++) await (await fetch(`http://127.0.0.1:${port}/ok`)).text();
  expect([await agent.stop(), agent.errors]).toEqual([0, []]);

  const counted = (receiver: OtlpReceiver) =>
    seriesOf(receiver, "http.server.request.duration").map(({ resource, count }) => [
      resource["process.pid"],
      count,
    ]);
  expect([counted(mine), counted(theirs)]).toEqual([
    [[servers[0]!.pid, REQUESTS]],
    [[servers[1]!.pid, REQUESTS]],
  ]);
  expect([spansOf(mine).length, spansOf(theirs).length]).toEqual([REQUESTS, 0]);
  for (const server of servers) await server.stop();
}, 60_000);
