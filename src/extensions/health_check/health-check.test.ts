import { afterEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder } from "../../../test/support/component.ts";
import { freePort } from "../../../test/support/servers.ts";
import type { Status } from "../../component/index.ts";
import type { ComponentView, ServiceView } from "../../component/view.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { featureGates } from "../../featuregate/index.ts";
import { healthCheckConfig } from "./config.ts";
import { HealthCheckExtension } from "./extension.ts";

const never = new AbortController().signal;
let stop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
  featureGates.apply("-extension.healthcheck.useComponentStatus");
});

async function started(section: object, view: Partial<ServiceView> = {}) {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const address = "http" in section ? { http: { ...(section.http as object), endpoint } } : { endpoint };
  const config = parseConfig(healthCheckConfig, { ...section, ...address });
  const extension = new HealthCheckExtension(config, new LogRecorder());
  await extension.start(new HostRecorder(new Map(), view));
  stop = () => extension.shutdown(never);
  const get = async (path = "/") => {
    const response = await fetch(`http://${endpoint}${path}`);
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: await response.text(),
    };
  };
  return { extension, get, endpoint };
}

describe("health_check", () => {
  it("says that the agent is there while its receivers run, and that it is not before and after", async () => {
    const { extension, get } = await started({ check_collector_pipeline: { enabled: true, interval: "1m" } });
    const unavailable = {
      status: 503,
      type: "application/json",
      body: '{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}',
    };
    expect(await get()).toEqual(unavailable);
    extension.pipelineReady();
    const { status, body } = await get("/any");
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      status: "Server available",
      upSince: expect.stringMatching(/^20\d\d-.*Z$/),
      uptime: expect.stringMatching(/s$/),
    });
    extension.pipelineNotReady();
    expect(await get()).toEqual(unavailable);
  });

  it("answers at its path alone, and in the user's words", async () => {
    const { extension, get } = await started({
      path: "/health",
      response_body: { healthy: "fine", unhealthy: "not yet" },
    });
    expect(await get("/health")).toMatchObject({ status: 503, body: "not yet" });
    extension.pipelineReady();
    expect(await get("/health?x=1")).toMatchObject({ status: 200, body: "fine" });
    expect((await get("/")).status).toBe(404);
  });

  it("says who has its address", async () => {
    const { endpoint } = await started({});
    const second = new HealthCheckExtension(parseConfig(healthCheckConfig, { endpoint }), new LogRecorder());
    await expect(second.start(new HostRecorder())).rejects.toThrow(
      `failed to bind to address ${endpoint}: listen tcp ${endpoint}: bind: address already in use`,
    );
  });

  it.each([
    [{ endpoint: "" }, "http endpoint required"],
    [{ path: "health" }, "path must start with /"],
    [{ http: {} }, "--feature-gates=+extension.healthcheck.useComponentStatus"],
  ])("refuses %j", (section, message) => {
    expect(() => parseConfig(healthCheckConfig, section)).toThrow(message);
  });
});

describe("health_check by the status of components", () => {
  const seen = (
    kind: "receiver" | "exporter" | "extension",
    id: string,
    status: Status,
    ageMs = 0,
  ): ComponentView => {
    const cause = status.endsWith("error") ? new Error("down") : undefined;
    return { kind, id, items: {}, status: { status, cause, time: new Date(Date.now() - ageMs) } };
  };
  const view = (status: Status, ageMs?: number): Partial<ServiceView> => ({
    pipelines: [
      {
        id: "traces",
        signal: "traces",
        mutatesData: false,
        receivers: [seen("receiver", "otlp", "ok")],
        processors: [],
        exporters: [seen("exporter", "out", status, ageMs)],
      },
    ],
    extensions: [seen("extension", "health_check", "ok")],
  });

  it.each<[Status, number, object, number]>([
    ["ok", 0, {}, 200],
    ["starting", 0, {}, 503],
    ["stopped", 0, {}, 503],
    ["recoverable_error", 0, {}, 200],
    ["permanent_error", 0, {}, 200],
    ["fatal_error", 0, {}, 500],
    ["permanent_error", 0, { include_permanent_errors: true }, 500],
    ["recoverable_error", 0, { include_recoverable_errors: true, recovery_duration: "1m" }, 200],
    ["recoverable_error", 61_000, { include_recoverable_errors: true, recovery_duration: "1m" }, 500],
  ])(
    "answers for a component in %s for %i ms, under %j, with %i",
    async (status, ageMs, component_health, code) => {
      featureGates.apply("extension.healthcheck.useComponentStatus");
      const health = Object.keys(component_health).length > 0 ? { component_health } : {};
      const { get } = await started({ http: {}, ...health }, view(status, ageMs));
      expect((await get("/status")).status).toBe(code);
    },
  );

  it("shows each component when asked to, of all pipelines or of one", async () => {
    featureGates.apply("extension.healthcheck.useComponentStatus");
    const { get } = await started({ http: {} }, view("recoverable_error"));
    const time = expect.any(String);
    const ok = { healthy: true, status: "StatusOK", status_time: time, attributes: {} };
    const bad = { ...ok, status: "StatusRecoverableError", error: "down" };
    expect(JSON.parse((await get("/status")).body)).toEqual({ start_time: time, ...bad });
    const pipeline = { ...bad, components: { "receiver:otlp": ok, "exporter:out": bad } };
    expect(JSON.parse((await get("/status?verbose")).body)).toEqual({
      start_time: time,
      ...bad,
      components: {
        "pipeline:traces": pipeline,
        extensions: { ...ok, components: { "extension:health_check": ok } },
      },
    });
    expect(JSON.parse((await get("/status?pipeline=traces&verbose")).body).components).toEqual({
      "pipeline:traces": pipeline,
    });
    expect((await get("/status?pipeline=metrics")).status).toBe(404);
    expect((await get("/other")).status).toBe(404);
  });
});
