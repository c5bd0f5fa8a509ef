import { describe, expect, it } from "vitest";
import { Counters } from "./counters.ts";

describe("counters", () => {
  it("are the same for the same name and labels", () => {
    const counters = new Counters();
    counters.counter("a", { x: "1" }).add(2);
    counters.counter("a", { x: "1" }).add(3);
    counters.counter("a", { x: "2" }).add(1);
    expect(counters.snapshot()).toEqual({ 'a{x="1"}': 5, 'a{x="2"}': 1 });
  });

  it("that are read go on where one that was read before them ended", () => {
    const counters = new Counters();
    let [old, young] = [5, 0];
    const end = counters.observe("counter", "sent", {}, () => old);
    counters.observe("counter", "sent", {}, () => young);
    old = 7;
    young = 2;
    expect(counters.snapshot()).toEqual({ "sent{}": 9 });
    end();
    old = 100;
    young = 3;
    expect(counters.snapshot()).toEqual({ "sent{}": 10 });
  });

  it("that are read stay when nothing reads them any more; gauges go", () => {
    const counters = new Counters();
    const ends = [
      counters.observe("counter", "sent", {}, () => 4),
      counters.observe("gauge", "size", {}, () => 1),
      counters.observe("gauge", "size", {}, () => 2),
    ];
    expect(counters.snapshot()).toEqual({ "sent{}": 4, "size{}": 2 });
    ends[2]!();
    expect(counters.snapshot()).toEqual({ "sent{}": 4, "size{}": 1 });
    for (const end of ends) end();
    expect(counters.snapshot()).toEqual({ "sent{}": 4 });
  });

  it("with bounds put a value where it first fits", () => {
    const counters = new Counters();
    const histogram = counters.histogram("size", {}, [1, 10]);
    for (const value of [0, 1, 2, 10, 11]) histogram.record(value);
    expect(counters.histogram("size", {}, [5])).toBe(histogram);
    expect(histogram.bucketCounts).toEqual([2, 2, 1]);
    expect(counters.snapshot()).toEqual({ "size_sum{}": 24, "size_count{}": 5 });
  });
});
