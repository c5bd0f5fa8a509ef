import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../test/support/component.ts";
import { logs } from "../../test/support/data.ts";
import { parseConfig } from "../confmap/decode.ts";
import { PermanentError } from "../consumer/index.ts";
import { withPlugins } from "../service/plugins.ts";
import { registry } from "../service/registry.ts";
import { loadPlugin } from "./load.ts";

let directory: string;
const EXAMPLE = join(import.meta.dirname, "../../test/support/plugin");

/** Writes a plugin's module to a file of its own. */
function write(name: string, body: string): string {
  writeFileSync(join(directory, name), body);
  return `./${name}`;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "plugin-"));
  const folder = join(directory, "node_modules/@acme/wattspan-x");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "@acme/wattspan-x", version: "4.5.6", type: "module", exports: "./x.js" }),
  );
  writeFileSync(
    join(folder, "x.js"),
    'export const plugin = () => ({ receivers: [{ type: "x", load() {} }] });',
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("a plugin", () => {
  it("is found as a package, seen from the directory", async () => {
    const { module, plugin } = await loadPlugin("@acme/wattspan-x", directory);
    expect(module).toBe("@acme/wattspan-x v4.5.6");
    expect(plugin.receivers?.map(({ type }) => type)).toEqual(["x"]);
  });

  it.each([[EXAMPLE], [join(EXAMPLE, "index.mjs")], [`file://${EXAMPLE}/index.mjs`]])(
    "is found at %s",
    async (spec) => {
      expect((await loadPlugin(spec, "/")).module).toBe("wattspan-plugin-example v1.2.3");
    },
  );

  it("is what docs/plugins.md says", async () => {
    const page = readFileSync(new URL("../../docs/plugins.md", import.meta.url), "utf8");
    const spec = write("documented.mjs", /^```js\n(.*?)^```/ms.exec(page)![1]!);
    const { exporters } = await withPlugins([spec], registry, directory);
    const { config, create } = await exporters.find("tally")!.entry.load();
    const logger = new LogRecorder();
    const exporter = create(settings("tally", logger), parseConfig(config, { interval: "1ms" }), "logs");
    await exporter.start(new HostRecorder());
    await exporter.consume(logs(3));
    await expect(exporter.consume(logs(1001))).rejects.toThrow(PermanentError);
    const tally = { level: "info", attributes: { signal: "logs", items: 3 }, message: "Tally." };
    await vi.waitFor(() => expect(logger.records).toContainEqual(tally));
    await exporter.shutdown(new AbortController().signal);
  });

  it("may be TypeScript and take its time", async () => {
    const spec = write(
      "typed.ts",
      'export async function plugin(api: object): Promise<object> { return { exporters: [{ type: "typed", load: async () => api }] }; }',
    );
    const { plugin } = await loadPlugin(spec, directory);
    expect(Object.keys((await plugin.exporters![0]!.load()) as object)).toEqual([
      "schema",
      "consumer",
      "pdata",
    ]);
  });

  it.each([
    ["absent", "./none.mjs", "Cannot find module './none.mjs'"],
    ["an absent package", "no-such-plugin", "Cannot find module 'no-such-plugin'"],
    ["a module of something else", "export const x = 1;", "exports no function named plugin"],
    ["of nothing", "export const plugin = () => ({});", "gives none of receivers, processors,"],
    ["of no list", "export const plugin = () => ({ receivers: {} });", "receivers is no list"],
    [
      "of no component",
      "export const plugin = () => ({ exporters: [{}] });",
      "exporters[0].type is no component's type",
    ],
    [
      "of no loader",
      'export const plugin = () => ({ exporters: [{ type: "x" }] });',
      "exporters[0].load is no function",
    ],
    ["that throws", 'export const plugin = () => { throw new Error("no licence"); };', "no licence"],
  ])("that is %s is refused", async (what, text, message) => {
    const spec = text.startsWith("export") ? write(`${what.replaceAll(" ", "-")}.mjs`, text) : text;
    await expect(loadPlugin(spec, directory)).rejects.toThrow(
      `load plugin ${JSON.stringify(spec)}: ${message}`,
    );
  });

  it.each(["otlp_grpc", "otlp"])("must not take the name %s, which is taken", async (type) => {
    const spec = write(
      `${type}.mjs`,
      `export const plugin = () => ({ exporters: [{ type: "new", aliases: ["${type}"], load() {} }] });`,
    );
    await expect(withPlugins([spec], registry, directory)).rejects.toThrow(
      `there is a component "${type}" already`,
    );
  });

  it("must load what it says", async () => {
    const spec = write(
      "liar.mjs",
      'export const plugin = () => ({ exporters: [{ type: "liar", load: async () => ({ type: "other" }) }] });',
    );
    const { exporters } = await withPlugins([spec], registry, directory);
    await expect(exporters.find("liar")!.entry.load()).rejects.toThrow(
      "what liar loads is no factory of that type",
    );
  });
});
