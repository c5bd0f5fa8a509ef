import { expect, it } from "vitest";
import { LogRecorder } from "../../test/support/component.ts";
import { Probe } from "../../test/support/registry.ts";
import { unexpandDeep } from "../confmap/expanded.ts";
import type { RawConfig } from "../confmap/merge.ts";
import { defaultProviders } from "../confmap/providers.ts";
import { resolve } from "../confmap/resolve.ts";
import { skipUnsupported } from "./skip-unsupported.ts";

/** What is left of a configuration, and what was said. */
async function left(yaml: string): Promise<{ config: RawConfig; said: unknown[] }> {
  const logger = new LogRecorder();
  const raw = await resolve(
    [`yaml:${yaml}`],
    defaultProviders({ LIST: "[in, kafka]", AUTH: "oidc" }),
    logger,
  );
  const config = unexpandDeep(skipUnsupported(raw, new Probe().registry(), logger)) as RawConfig;
  return { config, said: logger.records.map(({ attributes, message }) => [attributes, message]) };
}

const COMPONENT = "Left out a component that this build does not have.";

it("leaves out what this build lacks, wherever it is named, and says what and where", async () => {
  const { config, said } = await left(`
receivers: {in: , kafka: {brokers: [a]}}
processors: {mid: , " transform / x ": }
exporters: {out: , loki: }
extensions: {ext: , pprof: }
service:
  extensions: [pprof, ext]
  pipelines:
    traces: {receivers: "$\{env:LIST}", processors: [transform/x, mid], exporters: [out]}
    logs: {receivers: [in], exporters: [loki, out]}
`);
  expect(config).toEqual({
    receivers: { in: null },
    processors: { mid: null },
    exporters: { out: null },
    extensions: { ext: null },
    service: {
      extensions: ["ext"],
      pipelines: {
        traces: { receivers: ["in"], processors: ["mid"], exporters: ["out"] },
        logs: { receivers: ["in"], exporters: ["out"] },
      },
    },
  });
  expect(said).toEqual([
    [{ section: "receivers", id: "kafka", pipelines: ["traces"] }, COMPONENT],
    [{ section: "processors", id: "transform/x", pipelines: ["traces"] }, COMPONENT],
    [{ section: "exporters", id: "loki", pipelines: ["logs"] }, COMPONENT],
    [{ section: "extensions", id: "pprof", pipelines: [] }, COMPONENT],
  ]);
});

it("leaves out what needs an extension that is left out, and says so", async () => {
  const { config, said } = await left(`
receivers: {in: {protocols: {grpc: {auth: {authenticator: oidc}}}}, in/open: {auth: {authenticator: ext}}}
exporters: {out: {auth: {authenticator: "$\{env:AUTH}"}}, out/queue: {sending_queue: {storage: ext}}, out/mid: {middlewares: [{id: ext}, {id: oidc}]}}
extensions: {ext: , oidc: }
service:
  extensions: [oidc, ext]
  pipelines:
    traces: {receivers: [in, in/open], exporters: [out, out/queue, out/mid]}
    logs: {receivers: [in], exporters: [out]}
`);
  expect(config.service).toEqual({
    extensions: ["ext"],
    pipelines: { traces: { receivers: ["in/open"], exporters: ["out/queue"] } },
  });
  const dependent = "Left out a component that needs an extension that was left out.";
  expect(said).toEqual([
    [{ section: "extensions", id: "oidc", pipelines: [] }, COMPONENT],
    [{ section: "receivers", id: "in", pipelines: ["traces", "logs"] }, dependent],
    [{ section: "exporters", id: "out", pipelines: ["traces", "logs"] }, dependent],
    [{ section: "exporters", id: "out/mid", pipelines: ["traces"] }, dependent],
    [{ pipeline: "logs" }, "Left out a pipeline that has no receivers left."],
  ]);
});

it("leaves out pipelines without ends, and connectors that lost a side", async () => {
  const { config, said } = await left(`
receivers: {in: , kafka: }
exporters: {out: }
connectors: {forward: , spanmetrics: }
service:
  pipelines:
    traces/in: {receivers: [kafka], exporters: [forward]}
    traces/mid: {receivers: [forward], exporters: [forward/2, out]}
    traces: {receivers: [in], exporters: [out, spanmetrics]}
    metrics: {receivers: [spanmetrics], exporters: [out]}
`);
  expect(config.service).toEqual({ pipelines: { traces: { receivers: ["in"], exporters: ["out"] } } });
  expect(config.connectors).toEqual({ forward: null });
  expect(said).toEqual([
    [{ section: "receivers", id: "kafka", pipelines: ["traces/in"] }, COMPONENT],
    [{ section: "connectors", id: "spanmetrics", pipelines: ["traces", "metrics"] }, COMPONENT],
    [{ pipeline: "traces/in" }, "Left out a pipeline that has no receivers left."],
    [{ pipeline: "metrics" }, "Left out a pipeline that has no receivers left."],
    [{ id: "forward" }, "Left out a connector that has lost the pipelines on one side."],
    [{ pipeline: "traces/mid" }, "Left out a pipeline that has no receivers left."],
  ]);
});

it("changes nothing where nothing is missing, and leaves what is wrong for others to tell", async () => {
  const yaml = `
receivers: {in: , "bad/": }
exporters: [out]
service: {pipelines: {traces: {receivers: [in], exporters: [typo]}}}
`;
  const { config, said } = await left(yaml);
  expect(config).toEqual({
    receivers: { in: null, "bad/": null },
    exporters: ["out"],
    service: { pipelines: { traces: { receivers: ["in"], exporters: ["typo"] } } },
  });
  expect(said).toEqual([]);
});
