import { describe, expect, it } from "vitest";
import { grpcDestination, httpDestination } from "./destination.ts";

describe("the destination of an exporter", () => {
  it.each([
    ["localhost:4317", { "server.address": "localhost", "server.port": "4317" }],
    ["dns:///collector.example:4317", { "server.address": "collector.example", "server.port": "4317" }],
    ["[::1]:4317", { "server.address": "::1", "server.port": "4317" }],
    ["unix:///run/otlp.sock", { "server.address": "unix:///run/otlp.sock" }],
  ])("over gRPC to %s", (target, labels) => {
    expect(grpcDestination(target)).toEqual(labels);
  });

  it.each([
    ["http://127.0.0.1:1/v1/traces", "127.0.0.1", "1", "/v1/traces"],
    ["https://x.example/a/v1/logs", "x.example", undefined, "/a/v1/logs"],
    ["http://[::1]:4318/v1/logs", "::1", "4318", "/v1/logs"],
  ])("over HTTP to %s", (url, address, port, path) => {
    expect(httpDestination(new URL(url))).toEqual({
      "server.address": address,
      ...(port && { "server.port": port }),
      "url.path": path,
    });
  });
});
