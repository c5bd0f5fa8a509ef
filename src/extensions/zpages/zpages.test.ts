import { afterEach, describe, expect, it } from "vitest";
import { LogRecorder } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { freePort } from "../../../test/support/servers.ts";
import { Bench } from "../../../test/support/service.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { zpagesConfig } from "./config.ts";
import { ZpagesExtension } from "./extension.ts";
import { html } from "./html.ts";

const never = new AbortController().signal;
let stop: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

/** A running service whose pages are asked for. */
async function started(section: object = {}) {
  const bench = new Bench();
  const agent = await bench.service(`
receivers: {in: }
processors: {mid: }
exporters: {out: }
connectors: {forward: }
extensions: {ext: }
service:
  extensions: [ext]
  pipelines:
    traces/a: {receivers: [in], processors: [mid], exporters: [forward]}
    traces/b: {receivers: [forward], exporters: [out]}
`);
  await agent.start();
  const host = bench.probe.hosts.get("receiver in")!;
  const endpoint = `127.0.0.1:${await freePort()}`;
  const extension = new ZpagesExtension(
    parseConfig(zpagesConfig, { endpoint, ...section }),
    new LogRecorder(),
  );
  await extension.start(host);
  stop = () => Promise.all([extension.shutdown(never), agent.shutdown()]);
  const get = (path: string) => fetch(`http://${endpoint}${path}`);
  return { bench, get };
}

/** What a reader sees of a page, a line for each row. */
function read(page: string): string[] {
  const body = page.slice(page.indexOf("<h1>"));
  const lines = body.split(/<\/(?:tr|h1|h2)>/).map((row) =>
    row
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
  return lines.filter((line) => line !== "");
}

describe("zpages", () => {
  it("shows pipelines with what passed through each component", async () => {
    const { bench, get } = await started();
    await bench.probe.receivers.get("in")!.traces!.consume(traces(1200));
    bench.probe.onExport = async () => {
      throw new Error("busy");
    };
    await bench.probe.receivers
      .get("in")!
      .traces!.consume(traces(34))
      .catch(() => {});
    bench.probe.hosts.get("exporter out traces")!.reportStatus("recoverable_error", new Error("<down>"));
    const page = await (await get("/debug/pipelinez")).text();
    expect(read(page).filter((line) => /^(in|mid|out|forward) /.test(line))).toEqual([
      "in receiver ok 1,234",
      "mid processor ok 1,234 34 1,234",
      "forward connector ok 1,234 34 1,234",
      "forward connector ok 1,234 34 1,234",
      "out exporter recoverable error: &lt;down&gt; 1,234 34",
    ]);
  });

  it("has pages for people, escaped, without anything from elsewhere", async () => {
    const { get } = await started();
    for (const name of ["servicez", "pipelinez", "extensionz", "featurez"]) {
      const response = await get(`/debug/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const page = await response.text();
      expect(page).toMatch(/^<!DOCTYPE html>/);
      expect(page).not.toMatch(/https?:\/\/|<script|undefined|\[object/);
    }
    expect(read(await (await get("/debug/pipelinez")).text())).toEqual([
      "Pipelines",
      "traces/a traces",
      "Component Status In Refused Out",
      "in receiver ok 0",
      "mid processor ok 0 0 0",
      "forward connector ok 0 0 0",
      "traces/b traces",
      "Component Status In Refused Out",
      "forward connector ok 0 0 0",
      "out exporter ok 0 0",
    ]);
    expect(read(await (await get("/debug/extensionz")).text())).toEqual([
      "Extensions",
      "Extension Status",
      "ext ok",
    ]);
    expect(await (await get("/debug/featurez")).text()).toContain("service.profilesSupport");
    expect(html`<b>${"<\"&'"}</b>`.text).toBe("<b>&lt;&quot;&amp;&#39;</b>");
  });

  it("answers 404 for what is not there, and variables only when asked to", async () => {
    const { get } = await started();
    for (const path of ["/", "/debug/tracez", "/debug/expvarz", "/debug/constructor"])
      expect((await get(path)).status).toBe(404);
    await stop!();
    const { get: getWith } = await started({ expvar: { enabled: true } });
    expect(await (await getWith("/debug/expvarz")).json()).toMatchObject({
      memstats: { rss: expect.any(Number) },
    });
  });

  it("needs an endpoint", () => {
    expect(() => parseConfig(zpagesConfig, { endpoint: "" })).toThrow(
      '"endpoint" is required when using the "zpages" extension',
    );
  });
});
