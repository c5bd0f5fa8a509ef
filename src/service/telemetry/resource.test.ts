import { describe, expect, it } from "vitest";
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
