import { beforeEach, describe, expect, it, vi } from "vitest";
import { logs, traces } from "../../test/support/data.ts";
import { Bench } from "../../test/support/service.ts";
import { PermanentError } from "../consumer/index.ts";
import { type Reoffer, reofferOf } from "../consumer/partial.ts";
import type { Service } from "./service.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

interface Parts {
  readonly receivers?: string;
  readonly processors?: string;
  readonly exporters?: string;
  readonly extensions?: string;
  readonly pipelines?: string;
}

const yaml = ({
  receivers = "in: ",
  processors = "mid: ",
  exporters = "out: ",
  extensions = "",
  pipelines = "traces: {receivers: [in], processors: [mid], exporters: [out]}",
}: Parts = {}) => `
receivers: {${receivers}}
processors: {${processors}}
exporters: {${exporters}}
extensions: {${extensions}}
connectors: {forward: }
service: {extensions: [${extensions.replace(/: *\{.*?\}|: /g, "")}], pipelines: {${pipelines}}}
`;

/** A running service, whose start is no longer among the events. */
async function running(parts: Parts = {}): Promise<Service> {
  const agent = await bench.service(yaml(parts));
  await agent.start();
  bench.events();
  return agent;
}

async function reload(agent: Service, parts: Parts): Promise<string[]> {
  await agent.reload(await bench.config(yaml(parts)));
  return bench.events();
}

const send = (items: number) => bench.probe.receivers.get("in")!.traces!.consume(traces(items));
const exported = () => bench.probe.exported.splice(0).map(({ id, data }) => `${id} ${data.itemCount}`);

describe("a reload", () => {
  it("leaves alone what has not changed", async () => {
    const agent = await running();
    expect(await reload(agent, {})).toEqual([]);
    await send(1);
    expect(exported()).toEqual(["out 1"]);
    await agent.shutdown();
  });

  it("starts what is new before it stops what is gone", async () => {
    const agent = await running();
    const events = await reload(agent, {
      exporters: "out/2: ",
      pipelines: "traces: {receivers: [in], processors: [mid], exporters: [out/2]}",
    });
    expect(events).toEqual(["start exporter out/2 traces", "stop exporter out traces"]);
    await send(1);
    expect(exported()).toEqual(["out/2 1"]);
    await agent.shutdown();
  });

  it("replaces a component whose section changed, and only that", async () => {
    const agent = await running();
    expect(await reload(agent, { processors: "mid: {timeout: 1s}" })).toEqual([
      "start processor mid traces",
      "stop processor mid traces",
    ]);
    await send(2);
    expect(exported()).toEqual(["out 2"]);
    await agent.shutdown();
  });

  it("connects a receiver that stays to pipelines and processors that come, go and change order", async () => {
    const agent = await running();
    const shapes = [
      "traces: {receivers: [in], exporters: [out]}",
      "traces: {receivers: [in], processors: [mid, mid/b], exporters: [out]}",
      "traces: {receivers: [in], processors: [mid/b, mid], exporters: [out, out/2]}",
      "traces: {receivers: [in], exporters: [forward]}, traces/x: {receivers: [forward], exporters: [out/2]}",
    ];
    const seen: string[][] = [];
    for (const pipelines of shapes) {
      const events = await reload(agent, {
        processors: "mid: , mid/b: ",
        exporters: "out: , out/2: ",
        pipelines,
      });
      await send(1);
      seen.push([...events, ...exported()]);
    }
    expect(seen).toEqual([
      ["stop processor mid traces", "out 1"],
      ["start processor mid/b traces", "start processor mid traces", "out 1"],
      ["start exporter out/2 traces", "out 1", "out/2 1"],
      ["stop processor mid/b traces", "stop processor mid traces", "stop exporter out traces", "out/2 1"],
    ]);
    await agent.shutdown();
  });

  it("starts a receiver anew that gets pipelines of another signal", async () => {
    const agent = await running();
    const events = await reload(agent, {
      pipelines: "traces: {receivers: [in], exporters: [out]}, logs: {receivers: [in], exporters: [out]}",
    });
    expect(events).toEqual([
      "start exporter out logs",
      "start receiver in",
      "stop receiver in",
      "stop processor mid traces",
    ]);
    await bench.probe.receivers.get("in")!.logs!.consume(logs(3));
    expect(exported()).toEqual(["out 3"]);
    await agent.shutdown();
  });

  it("goes on counting where it was", async () => {
    const agent = await running();
    await send(2);
    await reload(agent, { receivers: "in: {timeout: 1s}", exporters: "out: {timeout: 1s}" });
    await send(3);
    expect(agent.counters.snapshot()).toMatchObject({
      'otelcol_receiver_accepted_spans{receiver="in",transport=""}': 5,
      'otelcol_exporter_sent_spans{exporter="out"}': 5,
    });
    await agent.shutdown();
  });

  it("makes room for a component that wants the port of the one it replaces", async () => {
    const agent = await running({ receivers: "in: {port: 7}" });
    const events = await reload(agent, { receivers: "in: {port: 7, timeout: 1s}" });
    expect(events).toEqual([
      "start receiver in", // It tries,
      "stop receiver in", // gives up,
      "stop receiver in", // and again, now that the old one is gone.
      "start receiver in",
    ]);
    expect(bench.probe.ports).toEqual(new Set([7]));
    await send(1);
    expect(exported()).toEqual(["out 1"]);
    await agent.shutdown();
  });

  it("makes room for one of another name, too", async () => {
    const agent = await running({ receivers: "in: {port: 7}" });
    await reload(agent, {
      receivers: "in/2: {port: 7}",
      pipelines: "traces: {receivers: [in/2], exporters: [out]}",
    });
    expect(bench.probe.ports).toEqual(new Set([7]));
    await agent.shutdown();
  });

  it("stops first what must not run twice, while its data waits", async () => {
    const agent = await running({ exporters: "out: {exclusive: true}" });
    const stopping = Promise.withResolvers<void>();
    bench.probe.onShutdown = () => stopping.promise;
    const reloaded = reload(agent, { exporters: "out: {exclusive: true, timeout: 1s}" });
    await expect.poll(() => bench.probe.events).toEqual(["stop exporter out traces"]);
    const sent = send(4);
    stopping.resolve();
    expect(await reloaded).toEqual(["stop exporter out traces", "start exporter out traces"]);
    await sent;
    expect(exported()).toEqual(["out 4"]);
    await agent.shutdown();
  });

  it("does not take the pause between a receiver and its successor for the end of all data", async () => {
    const agent = await running({ receivers: "in: {exclusive: true}" });
    const onFinished = vi.fn();
    void agent.finished.then(onFinished);
    await reload(agent, { receivers: "in: {exclusive: true, timeout: 1s}" });
    expect(onFinished).not.toHaveBeenCalled();
    await agent.shutdown();
  });

  it("starts anew what uses an extension that is replaced", async () => {
    const parts = { exporters: "out: {uses: ext}, out/2: ", extensions: "ext: {exclusive: true}" };
    const pipelines = "traces: {receivers: [in], exporters: [out, out/2]}";
    const agent = await running({ ...parts, pipelines });
    const events = await reload(agent, {
      ...parts,
      pipelines,
      extensions: "ext: {exclusive: true, timeout: 1s}",
    });
    expect(events).toEqual([
      "stop exporter out traces",
      "stop extension ext",
      "start extension ext",
      "start exporter out traces",
      "config ext",
      "ready ext",
    ]);
    await agent.shutdown();
  });

  it("lets what makes room hand on what it still has before what follows makes room, too", async () => {
    const parts = {
      processors: "mid: {uses: ext}",
      exporters: "out: {uses: ext}",
      extensions: "ext: {exclusive: true}",
    };
    const agent = await running(parts);
    const held = bench.probe.processors.get("mid")!;
    bench.probe.onShutdown = async (name) => {
      if (name === "processor mid traces") await held.consume(traces(5));
    };
    expect(await reload(agent, { ...parts, extensions: "ext: {exclusive: true, timeout: 1s}" })).toEqual([
      "stop processor mid traces",
      "stop exporter out traces",
      "stop extension ext",
      "start extension ext",
      "start exporter out traces",
      "start processor mid traces",
      "config ext",
      "ready ext",
    ]);
    expect(exported()).toEqual(["out 5"]);
    bench.probe.onShutdown = async () => {};
    await agent.shutdown();
  });

  it.each([
    ["cannot start", "in/2: {fail_start: true}", /failed to start "in\/2" receiver/],
    ["wants a port that another has", "in/2: {port: 9}", /in\/2.* 127.0.0.1:9: bind: address already in use/],
  ])("changes nothing when something new %s", async (_what, receiver, message) => {
    bench.probe.ports.add(9);
    const agent = await running();
    const changed = { receivers: `in: {timeout: 1s}, ${receiver}`, exporters: "out: {timeout: 1s}" };
    const pipelines = "traces: {receivers: [in, in/2], processors: [mid], exporters: [out]}";
    await expect(reload(agent, { ...changed, pipelines })).rejects.toThrow(message);
    const old = bench.events();
    expect(old.filter((event) => event.startsWith("start"))).toHaveLength(
      old.filter((event) => event.startsWith("stop")).length,
    );
    await send(1);
    expect(exported()).toEqual(["out 1"]);
    await agent.shutdown();
    expect(bench.events()).toEqual([
      "stop receiver in",
      "stop processor mid traces",
      "stop exporter out traces",
    ]);
  });

  it("brings back what had made room when it fails after all", async () => {
    const before = { receivers: "in: {exclusive: true, port: 7}", exporters: "out: {exclusive: true}" };
    const agent = await running(before);
    const after = {
      receivers: "in: {exclusive: true, port: 8}, in/2: {fail_start: true}",
      exporters: "out: {exclusive: true, timeout: 1s}",
      pipelines: "traces: {receivers: [in, in/2], processors: [mid], exporters: [out]}",
    };
    await expect(reload(agent, after)).rejects.toThrow('failed to start "in/2" receiver');
    expect(bench.probe.ports).toEqual(new Set([7]));
    await send(1);
    expect(exported()).toEqual(["out 1"]);
    bench.events();
    expect(await reload(agent, before)).toEqual([]);
    await agent.shutdown();
    expect(bench.probe.ports).toEqual(new Set());
  });

  it("says what did not come back, and starts it with the next", async () => {
    const agent = await running({ receivers: "in: {exclusive: true, port: 7}" });
    bench.probe.onShutdown = async (name) => {
      if (name === "receiver in") bench.probe.ports.add(7); // Someone else was faster.
    };
    await expect(reload(agent, { receivers: "in: {exclusive: true, fail_start: true}" })).rejects.toThrow();
    expect(bench.messages).toContain(
      "error What had made room for the new configuration did not start again.",
    );
    bench.events();
    bench.probe.onShutdown = async () => {};
    bench.probe.ports.clear();
    expect(await reload(agent, { receivers: "in: {exclusive: true, port: 7}" })).toEqual([
      "start receiver in",
    ]);
    await agent.shutdown();
  });

  it("changes nothing when something new cannot even be made", async () => {
    const agent = await running();
    const parts = { exporters: "out: {timeout: 1s}, out/2: {fail_create: true}" };
    const pipelines = "traces: {receivers: [in], processors: [mid], exporters: [out, out/2]}";
    await expect(reload(agent, { ...parts, pipelines })).rejects.toThrow("cannot be made");
    expect(bench.events()).toEqual([]);
    await send(1);
    expect(exported()).toEqual(["out 1"]);
    await agent.shutdown();
  });

  it("waits for calls on their way through what it stops", async () => {
    const agent = await running();
    const gate = Promise.withResolvers<void>();
    bench.probe.onExport = () => gate.promise;
    const sent = send(1);
    const reloaded = reload(agent, {
      exporters: "out/2: ",
      pipelines: "traces: {receivers: [in], exporters: [out/2]}",
    });
    await expect.poll(() => bench.probe.events).toContain("stop processor mid traces");
    expect(bench.probe.events).not.toContain("stop exporter out traces");
    gate.resolve();
    await sent;
    expect((await reloaded).at(-1)).toBe("stop exporter out traces");
    await agent.shutdown();
  });

  describe("with data that one of several exporters lacks", () => {
    const both = "traces: {receivers: [in], processors: [mid], exporters: [out, out/2]}";

    /** Sends a span that `out` takes and `out/2` refuses; how to offer it to that one again. */
    async function lagging(): Promise<{ agent: Service; again: Reoffer }> {
      const agent = await running({ exporters: "out: , out/2: ", pipelines: both });
      bench.probe.onExport = async (id) => {
        if (id === "out/2") throw new Error("busy");
      };
      const refusal = await send(1).catch((cause: unknown) => cause);
      bench.probe.onExport = async () => {};
      expect(exported()).toEqual(["out 1"]);
      return { agent, again: reofferOf(refusal)! };
    }

    it("ends the offers to one that is gone", async () => {
      const { agent, again } = await lagging();
      await reload(agent, {});
      await expect(again()).rejects.toThrow(
        new PermanentError("the configuration was reloaded without the component"),
      );
      expect(exported()).toEqual([]);
      await agent.shutdown();
    });

    it.each([
      ["was replaced", "timeout: 1s"],
      ["made room", "exclusive: true"],
    ])("offers it to the successor of one that %s", async (_what, section) => {
      const { agent, again } = await lagging();
      await reload(agent, { exporters: `out: , out/2: {${section}}`, pipelines: both });
      await reload(agent, { exporters: `out: , out/2: {${section}, port: 5}`, pipelines: both });
      await again();
      expect(exported()).toEqual(["out/2 1"]);
      await agent.shutdown();
    });

    it("passes by a processor that is gone", async () => {
      const pipelines = (processors: string) =>
        "traces: {receivers: [in], exporters: [out, forward]}," +
        `traces/2: {receivers: [forward], processors: [${processors}], exporters: [out/2]}`;
      const parts = { processors: "mid: , mid/2: ", exporters: "out: , out/2: " };
      const agent = await running({ ...parts, pipelines: pipelines("mid, mid/2") });
      bench.probe.onExport = async (id) => {
        if (id === "out/2") throw new Error("busy");
      };
      const again = reofferOf(await send(1).catch((cause: unknown) => cause))!;
      bench.probe.onExport = async () => {};
      exported();
      await reload(agent, { ...parts, pipelines: pipelines("") });
      await again();
      expect(exported()).toEqual(["out/2 1"]);
      await agent.shutdown();
    });
  });

  it("ends where it is when the agent is shut down", async () => {
    const agent = await running({ exporters: "out: {exclusive: true}" });
    bench.probe.onStart = () => new Promise(() => {});
    const reloaded = reload(agent, { exporters: "out: {exclusive: true, timeout: 1s}" });
    await expect.poll(() => bench.probe.events.at(-1)).toBe("start exporter out traces");
    const sent = send(1);
    await Promise.all([
      expect(reloaded).rejects.toThrow("the agent was stopped before the start was over"),
      expect(sent).rejects.toThrow("the configuration was reloaded without the component"),
      agent.shutdown(),
    ]);
    expect(bench.events()).toEqual([
      "stop exporter out traces",
      "start exporter out traces",
      "stop exporter out traces",
      "stop receiver in",
      "stop processor mid traces",
    ]);
  });

  it("leaves time for what still runs when the agent is shut down while it drains what is gone", async () => {
    const agent = await bench.service(yaml(), 2000);
    await agent.start();
    const drained: string[] = [];
    const expired = (deadline: AbortSignal) =>
      new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve(), { once: true }));
    bench.probe.onShutdown = async (name, deadline) => {
      if (name === "exporter out traces") await expired(deadline);
      else if (!deadline.aborted) drained.push(name);
    };
    const began = performance.now();
    const reloaded = reload(agent, {
      exporters: "out/2: ",
      pipelines: "traces: {receivers: [in], processors: [mid], exporters: [out/2]}",
    });
    await expect.poll(() => bench.probe.events.at(-1)).toBe("stop exporter out traces");
    await Promise.all([reloaded.catch(() => {}), agent.shutdown()]);
    expect(performance.now() - began).toBeLessThan(1800);
    expect(drained).toEqual(["receiver in", "processor mid traces", "exporter out/2 traces"]);
  });

  it("is done one at a time, and not when the agent is stopped", async () => {
    const agent = await running();
    await Promise.all([reload(agent, { processors: "mid: {timeout: 1s}" }), reload(agent, {})]);
    await agent.shutdown();
    await expect(reload(agent, {})).rejects.toThrow("the agent is not running");
  });
});
