import { expect, it } from "vitest";
import { InFlight } from "./in-flight.ts";

it("takes nothing for a request whose peer has gone, which nobody would give back", () => {
  const inFlight = new InFlight(1 << 20);
  const held = inFlight.open();
  held.take(1000);
  held.close();
  expect(() => held.take(5000)).toThrow("context canceled");
  expect(inFlight.bytes).toBe(0);
});
