import { beforeEach, describe, expect, it } from "vitest";
import { logs, traces } from "../../test/support/data.ts";
import { Bench } from "../../test/support/service.ts";
import { ConfigError } from "../confmap/decode.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const yaml = (pipelines: string, more = "connectors: {forward: , forward/2: }") => `
receivers: {in: , in/2: }
processors: {mid: , mid/m: {mutates: true}}
exporters: {out: , out/2: , out/m: {mutates: true}}
${more}
service: {pipelines: {${pipelines}}}
`;

describe("connectors", () => {
  it("end one pipeline and begin others of their signal", async () => {
    const agent = await bench.service(
      yaml(`traces/a: {receivers: [in], processors: [mid], exporters: [forward, out]},
        traces/b: {receivers: [forward], exporters: [out/2]},
        traces/c: {receivers: [forward, in/2], processors: [mid], exporters: [out/2]}`),
    );
    await agent.start();
    expect(bench.events()).toEqual([
      "start exporter out/2 traces",
      "start processor mid traces", // c's: before the connector that feeds it,
      "start exporter out traces",
      "start processor mid traces", // and a's after.
      "start receiver in",
      "start receiver in/2",
    ]);
    await bench.probe.receivers.get("in")!.traces!.consume(traces(2));
    await bench.probe.receivers.get("in/2")!.traces!.consume(traces(1));
    expect(bench.probe.exported.map(({ id, data }) => `${id} ${data.itemCount}`).toSorted()).toEqual([
      "out 2",
      "out/2 1",
      "out/2 2",
      "out/2 2",
    ]);
    await agent.shutdown();
  });

  it("make no pipeline behind them see what one beside it changes", async () => {
    const agent = await bench.service(
      yaml(`logs/a: {receivers: [in], exporters: [forward, out]},
        logs/b: {receivers: [forward], exporters: [out/m]}`),
    );
    await agent.start();
    const data = logs(1);
    await bench.probe.receivers.get("in")!.logs!.consume(data);
    const got = Object.fromEntries(bench.probe.exported.map((item) => [item.id, item.data]));
    expect(got.out).toBe(data);
    expect(got["out/m"]).not.toBe(data);
    await agent.shutdown();
  });

  it.each([
    [
      "nobody receives from",
      "traces: {receivers: [in], exporters: [forward]}",
      'connector "forward" used as exporter in [traces] pipeline but not used in any supported receiver pipeline',
    ],
    [
      "nobody exports to",
      "traces: {receivers: [in], exporters: [out]}, traces/x: {receivers: [forward], exporters: [out]}",
      'connector "forward" used as receiver in [traces/x] pipeline but not used in any supported exporter pipeline',
    ],
    [
      "cannot go from one signal to the other",
      "traces: {receivers: [in], exporters: [forward]}, traces/2: {receivers: [in], exporters: [forward]}, logs: {receivers: [forward], exporters: [out]}",
      'connector "forward" used as exporter in [traces traces/2] pipeline but not used in any supported receiver pipeline',
    ],
    [
      "lead in a circle",
      "traces: {receivers: [in, forward/2], processors: [mid], exporters: [forward]}, traces/2: {receivers: [forward], exporters: [forward/2]}",
      'cycle detected: connector "forward" (traces to traces) -> connector "forward/2" (traces to traces) -> processor "mid" in pipeline "traces" -> connector "forward" (traces to traces)',
    ],
    [
      "lead to themselves",
      "traces: {receivers: [in, forward], exporters: [forward]}",
      'cycle detected: connector "forward" (traces to traces) -> connector "forward" (traces to traces)',
    ],
  ])("that %s are refused", async (_what, pipelines, message) => {
    await expect(bench.service(yaml(pipelines))).rejects.toThrow(
      new ConfigError(`failed to build pipelines: ${message}`),
    );
  });
});

describe("extensions", () => {
  const EXTENDED = `
receivers: {in: }
exporters: {out: {uses: ext/2}}
extensions: {ext: , ext/2: , ext/unused: }
service: {extensions: [ext, ext/2], pipelines: {traces: {receivers: [in], exporters: [out]}}}
`;

  it("are started first, stopped last, and told in between", async () => {
    const agent = await bench.service(EXTENDED);
    await agent.start();
    expect(bench.events()).toEqual([
      "start extension ext",
      "start extension ext/2",
      "config ext",
      "config ext/2",
      "start exporter out traces",
      "start receiver in",
      "ready ext",
      "ready ext/2",
    ]);
    await agent.shutdown();
    expect(bench.events()).toEqual([
      "not ready ext",
      "not ready ext/2",
      "stop receiver in",
      "stop exporter out traces",
      "stop extension ext/2",
      "stop extension ext",
    ]);
  });

  it("are stopped when a pipeline cannot start", async () => {
    const agent = await bench.service(EXTENDED.replace("{in: }", "{in: {fail_start: true}}"));
    await expect(agent.start()).rejects.toThrow('cannot start pipelines: failed to start "in" receiver: ');
    expect(bench.events().slice(-3)).toEqual([
      "stop exporter out traces",
      "stop extension ext/2",
      "stop extension ext",
    ]);
  });

  it("end the start when one fails", async () => {
    const agent = await bench.service(EXTENDED.replace("ext/2: ,", "ext/2: {fail_start: true},"));
    await expect(agent.start()).rejects.toThrow(/^failed to start extensions: listen tcp/);
  });

  it("learn what becomes of every component, each change once, and of recoveries", async () => {
    const agent = await bench.service(EXTENDED);
    await agent.start();
    const { statuses, hosts } = bench.probe;
    expect(statuses.filter((text) => text.startsWith("ext: "))).toEqual([
      "ext: extension ext starting",
      "ext: extension ext ok",
      "ext: extension ext/2 starting",
      "ext: extension ext/2 ok",
      "ext: exporter out starting",
      "ext: exporter out ok",
      "ext: receiver in starting",
      "ext: receiver in ok",
    ]);
    statuses.length = 0;
    const host = hosts.get("exporter out traces")!;
    for (const status of ["recoverable_error", "recoverable_error", "ok", "recoverable_error"] as const)
      host.reportStatus(status, status === "ok" ? undefined : new Error("down"));
    host.reportStatus("permanent_error", new Error("gone"));
    host.reportStatus("ok"); // Nothing brings it back.
    expect(statuses.filter((text) => text.startsWith("ext/2: "))).toEqual([
      "ext/2: exporter out recoverable_error",
      "ext/2: exporter out ok",
      "ext/2: exporter out recoverable_error",
      "ext/2: exporter out permanent_error",
    ]);
    expect(bench.messages.slice(-4)).toEqual([
      "warn Component is in trouble and tries again.",
      "info Component is well again.",
      "warn Component is in trouble and tries again.",
      "error Component has failed for good; the others go on.",
    ]);
    await agent.shutdown();
  });
});
