import { beforeEach, describe, expect, it } from "vitest";
import { GateRegistry } from "./registry.ts";

let registry: GateRegistry;
beforeEach(() => {
  registry = new GateRegistry();
  const common = { description: "", fromVersion: "v0.1.0" };
  registry.register({ id: "x.offByDefault", stage: "Alpha", ...common });
  registry.register({ id: "a.onByDefault", stage: "Beta", ...common });
});

const states = () => registry.gates.map(({ info, enabled }) => `${info.id} ${enabled}`);

describe("feature gates", () => {
  it.each([
    ["", ["a.onByDefault true", "x.offByDefault false"]],
    ["x.offByDefault", ["a.onByDefault true", "x.offByDefault true"]],
    ["+x.offByDefault,-a.onByDefault", ["a.onByDefault false", "x.offByDefault true"]],
    ["x.offByDefault,-x.offByDefault", ["a.onByDefault true", "x.offByDefault false"]],
  ])("are set by %j", (list, expected) => {
    registry.apply(list);
    expect(states()).toEqual(expected);
  });

  it("name every one that is wrong", () => {
    expect(() => registry.apply("nope,,-x.ofByDefault")).toThrow(
      new Error(
        'no such feature gate "nope". valid gates: [a.onByDefault x.offByDefault]; ' +
          "empty feature gate identifier at index 1; " +
          'no such feature gate "x.ofByDefault". valid gates: [a.onByDefault x.offByDefault] (did you mean "x.offByDefault"?)',
      ),
    );
  });
});
