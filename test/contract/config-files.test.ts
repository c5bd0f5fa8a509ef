// Every example in config/ and in the pages is one that works.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../../src/service/config.ts";
import { buildGraph } from "../../src/service/graph.ts";
import { registry } from "../../src/service/registry.ts";
import { Counters } from "../../src/service/telemetry/counters.ts";
import { validateConfig } from "../../src/service/validate.ts";
import { LogRecorder } from "../support/component.ts";

const root = new URL("../../", import.meta.url);
const directory = fileURLToPath(new URL("config/", root));
const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };

async function load(file: string, environment: NodeJS.ProcessEnv = {}): Promise<[AgentConfig, LogRecorder]> {
  return loadAll([`file:${directory}${file}`], environment);
}

async function loadAll(
  locations: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<[AgentConfig, LogRecorder]> {
  const logger = new LogRecorder();
  const raw = await resolve(locations, defaultProviders(environment), logger);
  return [await decodeConfig(raw, registry, logger), logger];
}

/** The configurations in a page, by the page and their number. */
function examplesIn(page: string): [string, string][] {
  const text = readFileSync(new URL(page, root), "utf8");
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = ""]) => block);
  return blocks.map((block, index) => [`${page}, ${index + 1}`, block]);
}

/** Runs what an example of one section alone leaves out. */
const REST =
  "yaml:{receivers: {ebpf_http: }, exporters: {debug: }, service: {pipelines: {traces: {receivers: [ebpf_http], exporters: [debug]}}}}";

describe("the configuration in", () => {
  const docs = readdirSync(new URL("docs/", root)).filter((file) => file.endsWith(".md"));
  const components = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("/README.md"))
    .map((file) => `src/${file}`);
  const pages = ["README.md", ...docs.map((file) => `docs/${file}`), ...components];
  it.each(pages.flatMap(examplesIn))("%s is valid", async (_name, block) => {
    const whole = /^service:/m.test(block);
    const [config, logger] = await loadAll([...(whole ? [] : [REST]), `yaml:${block}`], {});
    validateConfig(config);
    expect(logger.records).toEqual([]);
  });
});

describe.each(readdirSync(directory).filter((file) => file.endsWith(".yaml")))("config/%s", (file) => {
  it("is valid, builds, and gives no reason for a warning", async () => {
    const [config, logger] = await load(file);
    validateConfig(config);
    const { nodes } = buildGraph(config, { buildInfo, counters: new Counters(), logger: () => logger });
    expect(nodes).not.toEqual([]);
    expect(logger.records).toEqual([]);
  });
});

describe("config/otlp.yaml", () => {
  it("sends to where the environment says", async () => {
    const endpointIn = async (environment: NodeJS.ProcessEnv) => {
      const [{ exporters }] = await load("otlp.yaml", environment);
      return (exporters.get("otlp_grpc")!.config as { endpoint: string }).endpoint;
    };
    expect(await endpointIn({})).toBe("localhost:4317");
    expect(await endpointIn({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" })).toBe("collector:4317");
  });
});
