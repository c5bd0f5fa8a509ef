// The commands that answer and end, run as users do.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { parse } from "yaml";

vi.setConfig({ testTimeout: 30_000 }); // A process starts slowly on a busy machine.

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const PLUGIN = fileURLToPath(new URL("../../test/support/plugin", import.meta.url));
const CONFIG = `yaml:
receivers: {nop: }
exporters: {otlp: {endpoint: "localhost:1", headers: {x-key: secret}}}
service: {pipelines: {traces: {receivers: [nop], exporters: [otlp]}}}
`;

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  execFile(process.execPath, [MAIN, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
    resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr }),
  );
  return promise;
}

describe("print-config", () => {
  it("shows what is meant, defaults included and secrets not", async () => {
    const { code, stdout, stderr } = await run(
      "print-config",
      "--config",
      CONFIG,
      "--set",
      "exporters.otlp.timeout=2s",
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^connectors: \{\}\nexporters:\n {4}otlp:\n/);
    const { exporters, service } = parse(stdout);
    expect(exporters.otlp).toMatchObject({
      timeout: "2s",
      headers: [{ name: "x-key", value: "[REDACTED]" }],
      retry_on_failure: { initial_interval: "5s", max_elapsed_time: "5m0s" },
    });
    expect(service.telemetry.logs.level).toBe("info");
  });

  it("shows secrets and JSON when it is told to, under its older name too", async () => {
    const flags = ["--config", CONFIG, "--format=json", "--mode", "Unredacted"];
    const { stdout } = await run("print-initial-config", ...flags);
    expect(JSON.parse(stdout).exporters.otlp.headers).toEqual([{ name: "x-key", value: "secret" }]);
  });

  it("validates unless it is told not to", async () => {
    const wrong = ["print-config", "--config", CONFIG, "--set", "exporters.otlp.endpoint="];
    const refused = await run(...wrong);
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: 'Error: invalid configuration: exporters::otlp: requires a non-empty "endpoint"\n',
    });
    expect(await run(...wrong, "--validate=false")).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    [["--mode", "bare"], 'invalid mode "bare": modes are: redacted, unredacted'],
    [["--format", "toml"], "unrecognized print format: toml"],
    [
      ["--validate=maybe"],
      'invalid argument "maybe" for "--validate" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [["x"], "accepts 0 arg(s), received 1"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run("print-config", "--config", CONFIG, ...args);
    expect([code, stderr]).toEqual([1, `Error: ${message}\n`]);
  });
});

describe("config-schema", () => {
  it("describes every component, those of plugins too", async () => {
    const { stdout } = await run("config-schema", "--plugin", PLUGIN);
    const { $schema, $defs } = JSON.parse(stdout);
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(Object.keys($defs)).toEqual(
      expect.arrayContaining(["exporters.otlp_grpc", "receivers.example_pulse"]),
    );
  });
});

describe("featuregate", () => {
  it("lists the gates", async () => {
    const { stdout } = await run("featuregate");
    expect(stdout).toMatch(/^ID +Enabled +Stage +Description\n/);
    expect(stdout).toMatch(/\nservice\.profilesSupport +false +Alpha +Allows /);
  });

  it("shows one", async () => {
    expect((await run("featuregate", "service.profilesSupport")).stdout).toBe(
      "Feature: service.profilesSupport\nEnabled: false\nStage: Alpha\n" +
        "Description: Allows pipelines of the signal profiles\nFrom Version: v0.112.0\n",
    );
  });

  it.each([
    [["nope"], 'feature "nope" not found'],
    [["a", "b"], "accepts at most 1 arg(s), received 2"],
  ])("refuses %j", async (args, message) => {
    expect(await run("featuregate", ...args)).toMatchObject({ code: 1, stderr: `Error: ${message}\n` });
  });

  it("is what --feature-gates sets", async () => {
    const profiles = CONFIG.replace("traces:", "profiles:");
    const { stderr: gated } = await run("validate", "--config", profiles);
    expect(gated).toContain('gated under the "service.profilesSupport" feature gate');
    const gates = "-confmap.enableMergeAppendOption,+service.profilesSupport";
    const { stderr: allowed } = await run("validate", "--config", profiles, "--feature-gates", gates);
    expect(allowed).toContain('for data type "profiles": telemetry type is not supported');
    const { code, stderr } = await run("validate", "--config", CONFIG, "--feature-gates=nope");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: invalid argument "nope" for "--feature-gates" flag: no such feature gate "nope". valid gates: \[[\w. ]+\]\n$/,
    );
  });
});

describe("--skip-unsupported", () => {
  it("accepts what would be refused, and says what it leaves out", async () => {
    const more = ["--set", "receivers.kafka=", "--set", "service.pipelines.traces.receivers=[nop, kafka]"];
    const { code, stderr } = await run("validate", "--config", CONFIG, ...more);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown type: "kafka" for id: "kafka"');
    const skipped = await run("validate", "--skip-unsupported", "--config", CONFIG, ...more);
    expect(skipped).toMatchObject({ code: 0, stdout: "" });
    expect(skipped.stderr).toContain(
      'Left out a component that this build does not have. {"section":"receivers","id":"kafka","pipelines":["traces"]}\n',
    );
  });
});

describe("--plugin", () => {
  it("adds components to configurations and to the listing", async () => {
    const more = [
      "--set",
      "processors.example_stamp.value=y",
      "--set",
      "service.pipelines.traces.processors=[example_stamp]",
    ];
    expect(await run("validate", "--config", CONFIG, ...more, "--plugin", PLUGIN)).toMatchObject({
      code: 0,
      stderr: "",
    });
    const { processors } = parse((await run("components", "--plugin", PLUGIN)).stdout);
    expect(processors.find(({ name }: { name: string }) => name === "example_stamp")).toEqual({
      name: "example_stamp",
      module: "wattspan-plugin-example v1.2.3",
      stability: { logs: "Development", metrics: "Development", traces: "Development" },
    });
  });

  it("says why a plugin is none", async () => {
    const { code, stderr } = await run("components", "--plugin", "./no-such-plugin");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: load plugin "\.\/no-such-plugin": Cannot find module/);
  });
});

describe("a configuration on a web server", () => {
  it("is one like any other", async () => {
    const server = createServer((_request, response) => response.end(CONFIG.slice("yaml:".length)));
    onTestFinished(() => void server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await run("validate", "--config", `http://127.0.0.1:${port}/`)).toMatchObject({
      code: 0,
      stderr: "",
    });
  });
});
