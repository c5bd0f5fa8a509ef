// Reloads of the program as users ask for them.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../test/support/servers.ts";
import { killRuns, messages, Wattspan } from "../../../test/support/wattspan.ts";

vi.setConfig({ testTimeout: 60_000 }); // A process starts slowly on a busy machine.

let directory: string;
let file: string;
let port: number;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "reload-"));
  file = join(directory, "config.yaml");
  port = await freePort();
});
afterEach(async () => {
  await killRuns();
  rmSync(directory, { recursive: true });
});

/** Writes the configuration as editors and Kubernetes do: beside, and then in its place. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const config = (exporters = "debug", level = "info", more = "") => `
receivers: {nop: }
exporters: {debug: , debug/2: }
service:
  telemetry:
    logs: {level: ${level}}
    metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}}}}}]}
  pipelines: {traces: {receivers: [nop], exporters: [${exporters}]}}
${more}`;

async function started(...args: string[]): Promise<Wattspan> {
  const agent = new Wattspan(["--config", file, ...args]);
  await agent.says("Everything is ready.");
  return agent;
}

const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const instanceIn = (text: string) => /service_instance_id="([^"]*)"/.exec(text)?.[1];

describe("a reload on SIGHUP", () => {
  it("takes over what is new, and leaves an agent as it is whose configuration is wrong", async () => {
    write(file, config());
    const agent = await started();
    const instance = instanceIn(await metrics());

    write(file, config("debug/2"));
    agent.child.kill("SIGHUP");
    await agent.says("Configuration reloaded.");
    expect(await metrics()).toContain('otelcol_exporter_sent_spans{exporter="debug/2"} 0');
    expect(instanceIn(await metrics())).toBe(instance);

    write(file, config("debug/3"));
    agent.child.kill("SIGHUP");
    await agent.says("The new configuration cannot be used; the one before goes on.");
    expect(agent.stderr).toContain('references exporter \\"debug/3\\" which is not configured');

    write(file, config("debug", "info", "processors: {bat: }"));
    agent.child.kill("SIGHUP");
    await agent.says("The new configuration cannot be used; the one before goes on.", 2);
    expect(await metrics()).toContain('otelcol_exporter_sent_spans{exporter="debug/2"} 0');

    write(file, config("debug", "warn").replace("metrics:", "resource: {service.name: edge}\n    metrics:"));
    agent.child.kill("SIGHUP");
    await expect.poll(metrics).toContain(`service_instance_id="${instance}",service_name="edge"`);
    agent.child.kill("SIGTERM");
    const { code, stderr } = await agent.ended;
    expect(code).toBe(0);
    expect(messages(stderr).at(-1)).toBe("Reloading the configuration."); // What follows is below the new level.
  });
});

describe("--watch", () => {
  it("reloads when a file changes, those that the configuration refers to included", async () => {
    const exporters = join(directory, "exporters");
    write(exporters, "[debug]");
    write(file, config().replace("[debug]", `"$\{file:${exporters}}"`));
    const agent = await started("--watch");
    write(exporters, "[debug/2]");
    await agent.says("Configuration reloaded.");
    expect(await metrics()).toContain('exporter="debug/2"');
    write(exporters, "[");
    await agent.says("The new configuration cannot be used");
    write(exporters, "[debug]");
    await agent.says("Configuration reloaded.", 2);
  });
});

describe("--reload-endpoint", () => {
  it("reloads when it is asked to, and says what came of it", async () => {
    write(file, config());
    const endpoint = `localhost:${await freePort()}`;
    await started("--reload-endpoint", endpoint);
    const ask = (path = "/-/reload", init: RequestInit = { method: "POST" }) =>
      fetch(`http://${endpoint}${path}`, init);
    expect((await ask()).status).toBe(200);
    write(file, config("nope"));
    const wrong = await ask();
    expect([wrong.status, await wrong.text()]).toEqual([
      500,
      'invalid configuration: service::pipelines::traces: references exporter "nope" which is not configured\n',
    ]);
    expect((await ask("/-/reload", { method: "GET" })).status).toBe(405);
    expect((await ask("/other")).status).toBe(404);
    const origin = { origin: "http://example.com" };
    expect((await ask("/-/reload", { method: "POST", headers: origin })).status).toBe(403);
  });

  it.each(["0.0.0.0:4319", ":4319", "192.0.2.1:4319"])(
    "is not %s, where others could ask",
    async (endpoint) => {
      write(file, config());
      const { code, stderr } = await new Wattspan(["--config", file, "--reload-endpoint", endpoint]).ended;
      expect(code).toBe(1);
      expect(stderr).toContain(
        `Error: invalid argument "${endpoint}" for "--reload-endpoint" flag: must be an address of the loopback interface`,
      );
    },
  );
});
