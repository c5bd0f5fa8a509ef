import { afterEach, describe, expect, it, vi } from "vitest";
import { HostRecorder, settings } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { startDns } from "../../../test/support/dns-server.ts";
import { OtlpReceiver } from "../../../test/support/otlp-receiver.ts";
import type { Exporter } from "../../component/index.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { otlpGrpcExporterFactory } from "./factory.ts";

/** Has grpc-js ask the name server that an endpoint names; it looks once, when it is loaded. */
vi.hoisted(() => {
  process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = "true";
});

const HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Servers on one port of several addresses, and what gRPC takes for the name they all have. */
async function servers(): Promise<{ readonly all: readonly OtlpReceiver[]; readonly endpoint: string }> {
  const first = await OtlpReceiver.start({ host: HOSTS[0]! });
  const { port } = first;
  const others = await Promise.all(HOSTS.slice(1).map((host) => OtlpReceiver.start({ host, port })));
  const dns = await startDns(HOSTS);
  const all = [first, ...others];
  cleanups.push(() => dns[Symbol.asyncDispose](), ...all.map((server) => () => server.close()));
  return { all, endpoint: `dns://${dns.address}/collector.test:${port}` };
}

async function exporter(section: object): Promise<Exporter<"traces">> {
  const config = parseConfig(otlpGrpcExporterFactory.config, {
    tls: { insecure: true },
    sending_queue: { enabled: false },
    retry_on_failure: { initial_interval: "10ms", max_interval: "50ms" },
    ...section,
  });
  const created = otlpGrpcExporterFactory.create(settings("otlp_grpc"), config, "traces");
  await created.start(new HostRecorder());
  cleanups.push(() => created.shutdown(AbortSignal.timeout(1000)));
  return created;
}

/** Lets connections to the others come about: the first that is there takes what is sent at once. */
async function warmUp(sender: Exporter<"traces">, all: readonly OtlpReceiver[]): Promise<void> {
  for (let round = 0; round < 100 && all.some(({ received }) => received.length === 0); round++) {
    await sender.consume(traces(1));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const counts = (all: readonly OtlpReceiver[]) => all.map(({ received }) => received.length);

describe("a name with several addresses", () => {
  it("has each of them sent to in turn, and the others when one is gone", async () => {
    const { all, endpoint } = await servers();
    const sender = await exporter({ endpoint });
    await warmUp(sender, all);
    const before = counts(all);
    for (let round = 0; round < 9; round++) await sender.consume(traces(1));
    expect(counts(all).map((count, index) => count - before[index]!)).toEqual([3, 3, 3]);
    await all[1]!.close();
    const left = counts(all);
    for (let round = 0; round < 6; round++) await sender.consume(traces(1));
    const after = counts(all);
    expect(after[0]! + after[2]!).toBe(left[0]! + left[2]! + 6);
    expect(after[1]).toBe(left[1]);
  });

  it("has one of them sent to with pick_first, and another when that is gone", async () => {
    const { all, endpoint } = await servers();
    const sender = await exporter({ endpoint, balancer_name: "pick_first" });
    for (let round = 0; round < 6; round++) await sender.consume(traces(1));
    expect(counts(all).toSorted()).toEqual([0, 0, 6]);
    const gone = counts(all).indexOf(6);
    await all[gone]!.close();
    await sender.consume(traces(1));
    expect(counts(all.toSpliced(gone, 1)).toSorted()).toEqual([0, 1]);
  });

  it("is the authority of requests, unless another is given", async () => {
    const { all, endpoint } = await servers();
    await (await exporter({ endpoint, balancer_name: "pick_first" })).consume(traces(1));
    const section = { endpoint, balancer_name: "pick_first", authority: "tenant.test", user_agent: "mine/2" };
    await (await exporter(section)).consume(traces(1));
    const received = all.flatMap((server) => server.received);
    expect(received.map(({ authority }) => authority)).toEqual([
      `collector.test:${all[0]!.port}`,
      "tenant.test",
    ]);
    expect(received[1]!.headers["user-agent"]).toMatch(/^mine\/2 grpc-node-js\//);
  });
});
