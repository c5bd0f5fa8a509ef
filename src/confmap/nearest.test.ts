import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

const KEYS = ["receivers", "processors", "exporters", "endpoint", "timeout", "tls"];

describe("nearest", () => {
  it.each([
    ["endpoit", "endpoint"],
    ["reciever", "receivers"],
    ["tiemout", "timeout"],
    ["Exporters", "exporters"],
    ["tsl", "tls"],
    ["exporter", "exporters"],
  ])("takes %s for %s", (word, meant) => {
    expect(nearest(word, KEYS)).toBe(meant);
  });

  it.each(["zebra", "", "x", "connectors"])("has no idea what %j was meant to be", (word) => {
    expect(nearest(word, ["receivers", "timeout", "tls"])).toBeUndefined();
  });
});
