import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../confmap/decode.ts";
import { serviceConfig } from "../config-schema.ts";
import { openOutputs } from "./log-outputs.ts";
import { BufferedLogger, createLoggers } from "./logger.ts";

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 20, 19, 11, 36, 114), toFake: ["Date", "performance"] });
});
afterEach(() => vi.useRealTimers());

const resource = { "service.name": "wattspan" };
const loggers = (logs: object = {}) =>
  createLoggers(parseConfig(serviceConfig, { telemetry: { logs } }).telemetry.logs, resource, (line) => {
    lines.push(line);
  });

describe("the log", () => {
  it("has the Collector's console line", () => {
    loggers()({ "otelcol.component.id": "otlp" }).info(
      { endpoint: "127.0.0.1:1", list: [1, "b"] },
      "Starting GRPC server",
    );
    expect(lines[0]).toMatch(
      /^2026-11-20T19:11:36\.114Z\tinfo\ttelemetry\/logger\.test\.ts:\d+\tStarting GRPC server\t\{/,
    );
    expect(lines[0]!.split("\t")[4]).toBe(
      '{"resource": {"service.name": "wattspan"}, "otelcol.component.id": "otlp", "endpoint": "127.0.0.1:1", "list": [1, "b"]}',
    );
  });

  it("has the Collector's JSON line", () => {
    loggers({ encoding: "json", disable_caller: true, initial_fields: { site: 7 } })({}).warn(
      { a: 1 },
      "Look.",
    );
    expect(lines).toEqual([
      '{"level":"warn","ts":"2026-11-20T19:11:36.114Z","msg":"Look.","resource":{"service.name":"wattspan"},"site":7,"a":1}',
    ]);
  });

  it("leaves out what is below its level, and the resource when told to", () => {
    const logger = loggers({ level: "warn", disable_caller: true, disable_zap_resource: true })({});
    logger.debug({}, "no");
    logger.info({}, "no");
    logger.error({}, "yes");
    expect(lines).toEqual(["2026-11-20T19:11:36.114Z\terror\tyes"]);
  });

  it("thins out a message that repeats, and starts afresh with each tick", () => {
    const logger = loggers({ sampling: { initial: 2, thereafter: 3, tick: "1s" } })({});
    const repeat = (count: number) => {
      lines = [];
      for (let i = 0; i < count; i++) logger.info({ i }, "Again.");
      return lines.map((line) => Number(/"i": (\d+)/.exec(line)![1]));
    };
    expect(repeat(10)).toEqual([0, 1, 4, 7]);
    logger.info({ i: 0 }, "Something else.");
    expect(lines.at(-1)).toContain("Something else.");
    vi.advanceTimersByTime(1000);
    expect(repeat(3)).toEqual([0, 1]);
  });

  it("says everything when sampling is off", () => {
    const logger = loggers({ sampling: { enabled: false } })({});
    for (let i = 0; i < 50; i++) logger.info({}, "Again.");
    expect(lines).toHaveLength(50);
  });

  it("shows errors with their causes, and survives whatever it is given", () => {
    const cyclic: Record<string, unknown> = { big: 2n ** 64n, gone: undefined, f: () => 0, nan: Number.NaN };
    cyclic.self = cyclic;
    const error = new Error("load object", { cause: new Error("EPERM") });
    loggers({ disable_caller: true, disable_zap_resource: true })({}).error({ error, cyclic }, "Failed.");
    expect(lines[0]!.split("\t")[3]).toBe(
      '{"error": "load object: EPERM", "cyclic": {"big": "18446744073709551616", "f": null, "nan": null, "self": "…"}}',
    );
  });

  it("writes to files, appending", () => {
    const directory = mkdtempSync(join(tmpdir(), "log-"));
    const path = join(directory, "agent.log");
    openOutputs([path]).write("one");
    openOutputs([path]).write("two");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    rmSync(directory, { recursive: true });
  });

  it("keeps what is said before it is known where to, and says it once", () => {
    const early = new BufferedLogger();
    early.warn({ name: "X" }, "First.");
    early.info({}, "Second.");
    const logger = loggers()({});
    early.replay(logger);
    early.replay(logger);
    expect(lines.map((line) => line.split("\t")[3])).toEqual(["First.", "Second."]);
  });
});
