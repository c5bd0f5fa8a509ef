import { expect, test } from "vitest";
import { DrainPace } from "./drain-pace.ts";

/** The interval after `drains` that found as many records. */
function after(pace: DrainPace, drains: number, records: number): number {
  for (let i = 0; i < drains; i++) pace.drained(records);
  return Math.round(pace.intervalMs);
}

test("drains twice a second while there is nothing, and at once more often when there is", () => {
  const pace = new DrainPace();
  expect(pace.intervalMs).toBe(50);
  expect(after(pace, 20, 0)).toBe(500);
  expect(after(pace, 1, 1)).toBe(50);
});

test("drains the sooner the more a drain finds, within limits", () => {
  const pace = new DrainPace();
  expect(after(pace, 1, 1600)).toBe(25);
  expect(after(pace, 10, 1600)).toBe(5);
  expect(after(pace, 10, 1)).toBe(50);
});
