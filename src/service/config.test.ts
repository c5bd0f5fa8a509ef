import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { LogRecorder } from "../../test/support/component.ts";
import { Probe } from "../../test/support/registry.ts";
import { ConfigError } from "../confmap/decode.ts";
import { defaultProviders } from "../confmap/providers.ts";
import { resolve } from "../confmap/resolve.ts";
import { allowNoPipelines, profilesSupport } from "../featuregate/index.ts";
import type { Gate } from "../featuregate/registry.ts";
import { Catalog } from "./catalog.ts";
import { type AgentConfig, decodeConfig } from "./config.ts";
import { buildGraph } from "./graph.ts";
import { Counters } from "./telemetry/counters.ts";
import { validateConfig } from "./validate.ts";

let logger: LogRecorder;
beforeEach(() => {
  logger = new LogRecorder();
});

async function decoded(yaml: string): Promise<AgentConfig> {
  const raw = await resolve([`yaml:${yaml}`], defaultProviders({}), logger);
  return decodeConfig(raw, new Probe().registry(), logger);
}

async function check(yaml: string): Promise<void> {
  const config = await decoded(yaml);
  validateConfig(config);
  const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };
  buildGraph(config, { buildInfo, counters: new Counters(), logger: () => logger });
}

function enabled(gate: Gate): void {
  gate.enabled = true;
  onTestFinished(() => {
    gate.enabled = false;
  });
}

/** A configuration that is right but for what the arguments replace. */
const yaml = (
  parts: {
    receivers?: string;
    processors?: string;
    exporters?: string;
    pipelines?: string;
    more?: string;
  } = {},
) => `
receivers: ${parts.receivers ?? "{in: , traceonly: }"}
processors: ${parts.processors ?? "{mid: }"}
exporters: ${parts.exporters ?? "{out: }"}
service:
  pipelines: ${parts.pipelines ?? "{traces: {receivers: [in], exporters: [out]}}"}
${parts.more ?? ""}`;

describe("a configuration", () => {
  it("keeps the id the user wrote, and says once that the name is old", async () => {
    const config = await decoded(
      yaml({
        exporters: "{sink/a: {verbosity: Detailed}}",
        pipelines: "{traces: {receivers: [in], exporters: [sink/a]}}",
      }),
    );
    expect([...config.exporters.keys()]).toEqual(["sink/a"]);
    expect(config.exporters.get("sink/a")).toMatchObject({
      factory: { type: "out" },
      config: { verbosity: "detailed" },
    });
    expect(logger.records).toEqual([
      {
        level: "warn",
        attributes: { id: "sink/a" },
        message: '"sink" alias is deprecated; use "out" instead',
      },
    ]);
  });

  it("loads only the components it names", async () => {
    const loaded: string[] = [];
    const registry = new Probe().registry();
    const watched = <F>({ entries }: Catalog<F>): Catalog<F> =>
      new Catalog(
        entries.map((entry) => ({
          ...entry,
          load() {
            loaded.push(entry.type);
            return entry.load();
          },
        })),
      );
    const raw = await resolve(["yaml:{receivers: {in: }, exporters: {out: }}"], defaultProviders({}), logger);
    const { receivers, processors, exporters } = registry;
    await decodeConfig(
      raw,
      {
        ...registry,
        receivers: watched(receivers),
        processors: watched(processors),
        exporters: watched(exporters),
      },
      logger,
    );
    expect(loaded).toEqual(["in", "out"]);
  });

  it("has the Collector's defaults for the agent's own telemetry", async () => {
    const { service } = await decoded(yaml());
    expect(service.telemetry.logs).toEqual({
      level: "info",
      encoding: "console",
      development: false,
      disableCaller: false,
      disableStacktrace: false,
      sampling: { enabled: true, tickMs: 10_000, initial: 10, thereafter: 100 },
      outputPaths: ["stderr"],
      errorOutputPaths: ["stderr"],
      initialFields: {},
      disableZapResource: false,
      processors: [],
    });
    expect(service.telemetry.metrics.level).toBe("normal");
  });

  const invalid = (errors: string) =>
    `cannot unmarshal the configuration: decoding failed due to the following error(s):\n\n${errors}`;
  const section = (errors: string) =>
    invalid(
      `'exporters' error reading configuration for "out": decoding failed due to the following error(s):\n\n${errors}`,
    );

  it.each([
    [
      "an unknown key",
      { exporters: "{out: {endpoit: x}}" },
      section("'probe.Config' has invalid keys: endpoit (did you mean \"endpoint\"?)"),
    ],
    [
      "an unknown section",
      { more: "zebra: bar" },
      invalid("'otelcol.configSettings' has invalid keys: zebra"),
    ],
    [
      "a misspelt section",
      { more: "reciever: {}" },
      invalid("'otelcol.configSettings' has invalid keys: reciever (did you mean \"receivers\"?)"),
    ],
    [
      "an unknown component",
      { exporters: "{out: , foo/2: }" },
      invalid('\'exporters\' unknown type: "foo" for id: "foo/2" (valid values: [out sink])'),
    ],
    [
      "an exporter that there was",
      { exporters: "{out: , logging: }" },
      invalid("'exporters' the logging exporter has been deprecated, use the debug exporter instead"),
    ],
    [
      "an unknown value",
      { exporters: "{out: {verbosity: loud}}" },
      section("'verbosity' unknown metrics level \"loud\""),
    ],
    [
      "a wrong type",
      { exporters: "{out: {sampling_initial: x}}" },
      section("'sampling_initial' expected type 'int', got unconvertible type 'string'"),
    ],
    [
      "a bad id",
      { exporters: '{out: , "out/": }' },
      invalid("'exporters' '' in \"out/\" id: the part after / should not be empty"),
    ],
    [
      "ids that differ in blanks",
      { exporters: '{out: , "out ": }' },
      invalid("'exporters' '' duplicate name \"out \" after unmarshaling out"),
    ],
    [
      "a section that is none",
      { exporters: "{out: 5}", processors: "[mid]" },
      invalid(
        "'processors' expected a map or struct, got \"slice\"\n" +
          "'exporters' decoding failed due to the following error(s):\n\n" +
          "'[out]' expected type 'map[string]interface {}', got unconvertible type 'int'",
      ),
    ],
    [
      "ids that are none",
      { pipelines: '{traces: {receivers: ["in/"], exporters: "out"}}' },
      invalid(
        "'service.pipelines[traces].receivers[0]' in \"in/\" id: the part after / should not be empty\n" +
          "'service.pipelines[traces].exporters' source data must be an array or slice, got string",
      ),
    ],
    [
      "an unknown signal",
      { pipelines: "{spans: {receivers: [in], exporters: [out]}}" },
      invalid('\'service.pipelines\' in "spans" id: unknown pipeline signal: "spans"'),
    ],
    [
      "a misspelt signal",
      { pipelines: "{trace: {receivers: [in], exporters: [out]}}" },
      invalid(
        '\'service.pipelines\' in "trace" id: unknown pipeline signal: "trace" (did you mean "traces"?)',
      ),
    ],
    [
      "an unknown key of a pipeline",
      { pipelines: "{traces: {receivers: [in], exporter: [out]}}" },
      invalid("'service.pipelines[traces]' has invalid keys: exporter (did you mean \"exporters\"?)"),
    ],
    [
      "several faults at once",
      { exporters: "{out: {sampling_initial: x}, foo: }", more: "zebra: 1\nconnectors: {bridge: }" },
      section("'sampling_initial' expected type 'int', got unconvertible type 'string'") +
        '\n\'exporters\' unknown type: "foo" for id: "foo" (valid values: [out sink])' +
        '\n\'connectors\' unknown type: "bridge" for id: "bridge" (valid values: [forward])' +
        "\n'otelcol.configSettings' has invalid keys: zebra",
    ],
    [
      "a missing reference",
      { pipelines: "{traces: {receivers: [in], processors: [mid/x], exporters: [out, otlp]}}" },
      'service::pipelines::traces: references processor "mid/x" which is not configured\n' +
        'service::pipelines::traces: references exporter "otlp" which is not configured',
    ],
    [
      "a pipeline without ends",
      { pipelines: "{traces/a: {receivers: []}}" },
      "service::pipelines::traces/a: must have at least one receiver\n" +
        "service::pipelines::traces/a: must have at least one exporter",
    ],
    [
      "a processor twice",
      { pipelines: "{traces: {receivers: [in], processors: [mid, mid], exporters: [out]}}" },
      'service::pipelines::traces: references processor "mid" multiple times',
    ],
    ["no pipeline", { pipelines: "{}" }, "service::pipelines: service must have at least one pipeline"],
    [
      "profiles",
      { pipelines: "{profiles: {receivers: [in], exporters: [out]}}" },
      'service::pipelines: pipeline "profiles": profiling signal support is at alpha level, gated under the "service.profilesSupport" feature gate',
    ],
    [
      "components' own rules, all of them",
      { exporters: '{out: {endpoint: ""}, out/2: {endpoint: ""}}' },
      'exporters::out: requires a non-empty "endpoint"\nexporters::out/2: requires a non-empty "endpoint"',
    ],
    [
      "an extension that is not there",
      { more: "  extensions: [health_check]" },
      'service::extensions: references extension "health_check" which is not configured',
    ],
    [
      "a misspelt reference",
      { pipelines: "{traces: {receivers: [in], exporters: [ot]}}" },
      'service::pipelines::traces: references exporter "ot" which is not configured (did you mean "out"?)',
    ],
    [
      "no exporter and no receiver at all",
      { exporters: "", receivers: "" },
      "no receiver configuration specified in config\nno exporter configuration specified in config\n" +
        'service::pipelines::traces: references receiver "in" which is not configured\n' +
        'service::pipelines::traces: references exporter "out" which is not configured',
    ],
    [
      "a receiver in a pipeline it has nothing for",
      { pipelines: "{logs: {receivers: [traceonly], exporters: [out]}}" },
      'failed to build pipelines: failed to create "traceonly" receiver for data type "logs": telemetry type is not supported',
    ],
  ])("with %s is refused", async (_what, parts, message) => {
    await expect(check(yaml(parts))).rejects.toThrow(new ConfigError(message));
  });

  it("that is empty is refused", async () => {
    await expect(check("{}")).rejects.toThrow(
      new ConfigError(
        "empty configuration file\nservice::pipelines: service must have at least one pipeline",
      ),
    );
  });

  it("that is right is accepted", async () => {
    await check(yaml());
  });

  it("that names a connector as it names an exporter is refused", async () => {
    const { connectors, ...rest } = new Probe().registry();
    const [forward] = connectors.entries;
    const registry = { ...rest, connectors: new Catalog([{ ...forward!, type: "out" }]) };
    const raw = await resolve(
      [`yaml:${yaml({ more: "connectors: {out: }" })}`],
      defaultProviders({}),
      logger,
    );
    const config = await decodeConfig(raw, registry, logger);
    expect(() => validateConfig(config)).toThrow(
      new ConfigError(
        'connectors::out: ambiguous ID: Found both "out" exporter and "out" connector. ' +
          'Change one of the components\' IDs to eliminate ambiguity (e.g. rename "out" connector to "out/connector")',
      ),
    );
  });

  it("may have no pipelines with the gate", async () => {
    enabled(allowNoPipelines);
    await check(yaml({ exporters: "", pipelines: "" }));
  });

  it("may have pipelines of profiles with the gate, which no component supports", async () => {
    enabled(profilesSupport);
    await expect(
      check(yaml({ pipelines: "{profiles: {receivers: [in], exporters: [out]}}" })),
    ).rejects.toThrow(
      'failed to build pipelines: failed to create "out" exporter for data type "profiles": telemetry type is not supported',
    );
  });
});
