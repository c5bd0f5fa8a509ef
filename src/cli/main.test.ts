// Runs the program as users do, in a child process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { killRuns, MAIN, messages, Wattspan } from "../../test/support/wattspan.ts";

vi.setConfig({ testTimeout: 30_000 }); // A process starts slowly on a busy machine.

const CONFIG = `yaml:
receivers: {nop: }
processors: {batch: , memory_limiter: {check_interval: 1s, limit_mib: 4000}}
exporters: {otlp: {endpoint: "localhost:1", tls: {insecure: true}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [nop], processors: [memory_limiter, batch], exporters: [otlp]}
`;

afterEach(killRuns);

const run = (...args: string[]) => new Wattspan(args).ended;
const logTo = (...paths: string[]) => `--set=service.telemetry.logs.output_paths=[${paths.join()}]`;

describe("wattspan", () => {
  it.each([
    [[], "at least one config flag must be provided"],
    [["validate"], "at least one config flag must be provided"],
    [["--confg", "x"], "unknown flag: --confg"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["--config"], "flag needs an argument: --config"],
    [["frobnicate"], 'unknown command "frobnicate" for "wattspan"'],
    [["valdate"], 'unknown command "valdate" for "wattspan"\n\nDid you mean this?\n\tvalidate'],
    [
      ["--config", CONFIG, "--set", "processors.batch"],
      'invalid argument "processors.batch" for "--set" flag: missing equal sign',
    ],
    [["--config", "ftp://x"], 'unsupported scheme on URI "ftp://x"'],
    [
      ["--config", "nofile.yaml"],
      "failed to get config: cannot resolve the configuration: cannot retrieve the configuration: unable to read the file file:nofile.yaml: open nofile.yaml: no such file or directory",
    ],
    [
      ["validate", "--config", CONFIG, "--set=processors.batch.timeuot=1s"],
      "failed to get config: cannot unmarshal the configuration: decoding failed due to the following error(s):\n\n'processors' error reading configuration for \"batch\": decoding failed due to the following error(s):\n\n'batchprocessor.Config' has invalid keys: timeuot (did you mean \"timeout\"?)",
    ],
    [
      ["validate", "--config", CONFIG, "--set", "processors.batch.timeout=-1s"],
      "processors::batch: timeout must be greater or equal to 0",
    ],
    [
      ["--config", CONFIG, "--set", "processors.batch.timeout=-1s"],
      "invalid configuration: processors::batch: timeout must be greater or equal to 0",
    ],
  ])("says what is wrong with %j and exits with 1", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toContain(`Error: ${message}\n`);
    expect(stderr).not.toMatch(/^ +at /m);
    expect([code, stdout]).toEqual([1, ""]);
  });

  it("says nothing about a configuration that is right", async () => {
    expect(await run("validate", "--config", CONFIG)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it.each([["--version"], ["-v"]])("tells its version on %s", async (flag) => {
    expect(await run(flag)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^wattspan version \d+\.\d+\.\d+\n$/),
    });
  });

  it.each([["-h"], ["--help"], ["help"]])("explains itself on %s", async (flag) => {
    const { code, stdout } = await run(flag);
    expect(code).toBe(0);
    expect(stdout).toContain("--config");
    expect(stdout).toContain("validate");
  });

  it.each([["doctor"], ["record", "--output", "/dev/null/never"]])(
    "does not let --set of %s go unused",
    async (...command) => {
      const { code, stderr } = await run(...command, "--set", "receivers.ebpf_http.capture.bytes=0");
      expect(code).toBe(1);
      expect(stderr).toContain("at least one config flag must be provided");
    },
  );

  it("lists its components in the Collector's shape", async () => {
    const { code, stdout } = await run("components");
    expect(code).toBe(0);
    const listing = parse(stdout);
    expect(Object.keys(listing)).toEqual([
      "buildinfo",
      "receivers",
      "processors",
      "exporters",
      "connectors",
      "extensions",
      "providers",
    ]);
    expect(listing.processors.find(({ name }: { name: string }) => name === "batch")).toEqual({
      name: "batch",
      module: expect.stringMatching(/^wattspan\/processors\/batch v\d/),
      stability: { logs: "Beta", metrics: "Beta", traces: "Beta" },
    });
    expect(listing.providers.map(({ scheme }: { scheme: string }) => scheme)).toEqual([
      "env",
      "file",
      "http",
      "https",
      "yaml",
    ]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("drains on %s and exits with 0", async (signal) => {
    const agent = new Wattspan(["--config", CONFIG]);
    await agent.says("Everything is ready.");
    agent.child.kill(signal);
    const { code, stderr } = await agent.ended;
    expect(code).toBe(0);
    expect(messages(stderr)).toEqual([
      '"otlp" alias is deprecated; use "otlp_grpc" instead',
      "Starting wattspan...",
      "Starting extensions...",
      "Memory limiter configured",
      "Everything is ready. Begin running and processing data.",
      "Received signal from OS",
      "Starting shutdown...",
      "Stopping extensions...",
      "Shutdown complete.",
    ]);
  });

  it("stops what it has started when a signal comes before the rest has, and exits with 0", async () => {
    const agent = new Wattspan(["--config", CONFIG], "does not start");
    await agent.says("Memory limiter configured");
    agent.child.kill("SIGTERM");
    const { code, stderr } = await agent.ended;
    expect(code).toBe(0);
    expect(messages(stderr).slice(-3)).toEqual([
      "Received signal from OS",
      "Starting shutdown...",
      "Shutdown complete.",
    ]);
  });

  it("ends at once on a second signal while it starts, too", async () => {
    const agent = new Wattspan(["--config", CONFIG], "neither starts nor stops");
    await agent.says("Memory limiter configured");
    agent.child.kill("SIGTERM");
    await agent.says("Starting shutdown...");
    agent.child.kill("SIGTERM");
    expect(await agent.ended).toMatchObject({ signal: "SIGTERM" });
  });

  it("exits with 0 on a signal while it waits for its configuration", async () => {
    const asked = Promise.withResolvers<void>();
    const server = createServer(() => asked.resolve()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const agent = new Wattspan(["--config", `http://127.0.0.1:${port}/agent.yaml`]);
    await asked.promise;
    agent.child.kill("SIGINT");
    expect(await agent.ended).toMatchObject({ code: 0, stderr: "" });
    server.close();
  });

  it("ends at once on a second signal", async () => {
    const agent = new Wattspan(["--config", CONFIG], "hangs");
    await agent.says("Everything is ready.");
    agent.child.kill("SIGTERM");
    await agent.says("Starting shutdown...");
    agent.child.kill("SIGINT");
    expect(await agent.ended).toMatchObject({ signal: "SIGINT" });
  });

  it.each([
    ["fails", "ring is gone"],
    ["throws", "nobody caught this"],
  ])("shuts down in order when a component %s, and exits with 1", async (nopThat, error) => {
    const { code, stderr } = await new Wattspan(["--config", CONFIG], nopThat).ended;
    expect(code).toBe(1);
    expect(messages(stderr).slice(-4)).toEqual([
      "Asynchronous error received, terminating process",
      "Starting shutdown...",
      "Stopping extensions...",
      "Shutdown complete.",
    ]);
    expect(stderr).toContain(`"error": "${error}"`);
  });

  it("says why it cannot start, and exits with 1", async () => {
    const { code, stderr } = await new Wattspan(["--config", CONFIG], "cannot start").ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\nError: cannot start pipelines: failed to start "nop" receiver: load http\.bpf\.o: operation not permitted\n$/,
    );
  });

  it("shows where it broke when the fault is its own", async () => {
    const { code, stderr } = await new Wattspan(["--config", CONFIG], "is broken").ended;
    expect(code).toBe(1);
    expect(stderr).toContain('failed to start "nop" receiver: x is not a function');
    expect(stderr).toMatch(/nop-that\.ts:\d+/);
  });

  it("logs to stderr what a file does not take", async () => {
    const agent = new Wattspan(["--config", CONFIG, logTo("/dev/full")]);
    await agent.says("write /dev/full: ENOSPC");
    await agent.says("Everything is ready.");
    agent.child.kill("SIGTERM");
    expect(await agent.ended).toMatchObject({ code: 0 });
  });

  it("goes on when stderr takes nothing", async () => {
    const directory = mkdtempSync(join(tmpdir(), "log-"));
    const log = join(directory, "agent.log");
    const full = openSync("/dev/full", "w");
    const agent = spawn(process.execPath, [MAIN, "--config", CONFIG, logTo("stderr", log)], {
      stdio: ["ignore", "ignore", full],
    });
    const ended = once(agent, "close");
    await vi.waitFor(() => expect(readFileSync(log, "utf8")).toContain("Everything is ready."), 20_000);
    agent.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    closeSync(full);
    rmSync(directory, { recursive: true });
  });

  it("sums up its traffic and obeys the log settings", async () => {
    const agent = new Wattspan([
      "--config",
      CONFIG,
      "--set=service.telemetry.logs={level: debug, encoding: json}",
    ]);
    await agent.says("Everything is ready.");
    agent.child.kill("SIGTERM");
    const { stderr } = await agent.ended;
    const records = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.find(({ msg }) => msg === "Items handled since start.")).toMatchObject({ level: "debug" });
  });

  it("does not start when another has the port of its metrics", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const reader = `{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}}}}}`;
    const metrics = `--set=service.telemetry.metrics={level: basic, readers: [${reader}]}`;
    const { code, stderr } = await run("--config", CONFIG, metrics);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Error: failed to create meter provider: binding address 127.0.0.1:${port} for Prometheus exporter: listen tcp 127.0.0.1:${port}: bind: address already in use\n`,
    );
  });

  it("tells of unset variables even when the configuration turns out wrong", async () => {
    const { stderr } = await run(
      "--config",
      CONFIG,
      "--set",
      "processors.batch.timeuot=$" + "{env:UNSET_VARIABLE}",
    );
    expect(stderr).toContain("Configuration references unset environment variable");
  });
});
