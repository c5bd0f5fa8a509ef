import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { detected } from "./detection.ts";
import { resourceOf } from "./resource.ts";

const buildInfo = { command: "wattspan", description: "wattspan", version: "1.2.3" };

describe("the agent's resource", () => {
  it("names the agent and this run of it", () => {
    expect(resourceOf({}, buildInfo, "4-2")).toEqual({
      "service.instance.id": "4-2",
      "service.name": "wattspan",
      "service.version": "1.2.3",
    });
  });

  it.each([
    ["the older form", { "service.name": "edge", "service.instance.id": null, "k8s.pod.name": "p" }],
    [
      "the newer form",
      {
        schema_url: "https://opentelemetry.io/schemas/1.40.0",
        attributes: [
          { name: "service.name", value: "edge" },
          { name: "service.instance.id", value: null },
          { name: "k8s.pod.name", value: "p" },
        ],
      },
    ],
  ])("is changed by the user's, in %s; null removes", (_form, given) => {
    expect(resourceOf(given, buildInfo, "4-2")).toEqual({
      "service.name": "edge",
      "service.version": "1.2.3",
      "k8s.pod.name": "p",
    });
  });
});

describe("what is detected", () => {
  const section = (names: readonly string[], attributes?: object) => ({
    detectors: names.map((name) => ({ [name]: null })),
    attributes,
  });

  it("is about the host and the process, as far as it is let through", () => {
    const all = detected(section(["host", "process", "service", "gcp"]), buildInfo);
    expect(all).toMatchObject({
      "host.name": hostname(),
      "os.type": "linux",
      "process.pid": process.pid,
      "process.runtime.name": "nodejs",
      "service.name": "wattspan",
    });
    const some = detected(
      section(["host", "process"], { included: ["process.*"], excluded: ["*.command_args", "*.owner"] }),
      buildInfo,
    );
    expect(Object.keys(some)).toEqual([
      "process.pid",
      "process.executable.name",
      "process.executable.path",
      "process.runtime.name",
      "process.runtime.version",
      "process.runtime.description",
    ]);
  });

  it("gives way to what the user and the agent itself say", () => {
    const given = { attributes: [{ name: "host.name", value: "edge" }] };
    const found = detected(section(["host", "service"]), buildInfo);
    const named = { ...buildInfo, command: "other" };
    expect(resourceOf(given, named, "4-2", found)).toMatchObject({
      "host.name": "edge",
      "service.name": "other",
      "os.type": "linux",
    });
  });
});
