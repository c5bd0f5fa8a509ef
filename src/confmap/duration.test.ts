import { describe, expect, it } from "vitest";
import { formatDurationMs, parseDurationMs, timerMs } from "./duration.ts";

describe("parseDurationMs", () => {
  it.each([
    ["0", 0],
    ["5s", 5000],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    [".5m", 30_000],
    ["-200ms", -200],
    ["+1s", 1000],
    ["10us", 0.01],
    ["10µs", 0.01],
    ["10μs", 0.01],
    ["5ns", 0.000005],
    ["1h1m1s1ms", 3_661_001],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDurationMs(text)).toBeCloseTo(ms, 9);
  });

  it.each([
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1h5", 'time: missing unit in duration "1h5"'],
    ["5 s", 'time: unknown unit " s" in duration "5 s"'],
    ["5d", 'time: unknown unit "d" in duration "5d"'],
    ["s", 'time: invalid duration "s"'],
    ["1.2.3s", 'time: missing unit in duration "1.2.3s"'],
    ["1constructor", 'time: unknown unit "constructor" in duration "1constructor"'],
  ])("refuses %j as Go does", (text, message) => {
    expect(() => parseDurationMs(text)).toThrow(new Error(message));
  });
});

describe("formatDurationMs", () => {
  it.each([
    [0, "0s"],
    [0.000005, "5ns"],
    [0.01, "10µs"],
    [200, "200ms"],
    [1500, "1.5s"],
    [30_000, "30s"],
    [300_000, "5m0s"],
    [5_400_000, "1h30m0s"],
    [-1000, "-1s"],
    [100 / 3, "33.333333333ms"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text);
  });
});

describe("timerMs", () => {
  it("keeps a timer of a month from firing at once", () => {
    expect(timerMs(30 * 24 * 3600e3)).toBe(2_147_483_647);
    expect(timerMs(5)).toBe(5);
  });
});
