import { describe, expect, it } from "vitest";
import { logs } from "../../test/support/data.ts";
import { type Consumer, PermanentError } from "../consumer/index.ts";
import { reofferOf } from "../consumer/partial.ts";
import { Logs } from "../pdata/index.ts";
import { fanOut } from "./fanout.ts";

class Recorder implements Consumer<"logs"> {
  readonly capabilities: { readonly mutatesData: boolean };
  readonly got: Logs[] = [];
  refusal: unknown;

  constructor(mutatesData: boolean, refusal?: unknown) {
    this.capabilities = { mutatesData };
    this.refusal = refusal;
  }

  async consume(data: Logs): Promise<void> {
    this.got.push(data);
    if (this.refusal) throw this.refusal;
  }
}

const reader = (refusal?: unknown) => new Recorder(false, refusal);
const writer = (refusal?: unknown) => new Recorder(true, refusal);

describe("fanOut", () => {
  it("shares data among those who read it and copies for each who changes it", async () => {
    const all = [reader(), writer(), reader(), writer()];
    const data = logs(2);
    const fan = fanOut(all);
    await fan.consume(data);
    expect(all.map(({ got }) => got[0] === data)).toEqual([true, false, true, false]);
    expect(all[1]!.got[0]).not.toBe(all[3]!.got[0]);
    expect(all.map(({ got }) => got[0]!.itemCount)).toEqual([2, 2, 2, 2]);
    expect(fan.capabilities.mutatesData).toBe(false);
  });

  it("spares the last copy when everyone changes data, and says that it changes it", async () => {
    const all = [writer(), writer()];
    const data = logs(1);
    const fan = fanOut(all);
    await fan.consume(data);
    expect(all.map(({ got }) => got[0] === data)).toEqual([false, true]);
    expect(fan.capabilities.mutatesData).toBe(true);
  });

  it("is the consumer itself when there is one", () => {
    const only = reader();
    expect(fanOut([only])).toBe(only);
  });

  it("lets nobody give back memory that others look at", async () => {
    let released = 0;
    const data = new Logs([logs(1).bytes()], 1, [{ release: () => released++ }]);
    const all = [reader(), reader()];
    await fanOut(all).consume(data);
    all[0]!.got[0]!.release();
    expect(released).toBe(0);
    expect(all[1]!.got[0]!.bytes()).toEqual(logs(1).bytes());
  });

  it("gives data to the others when one refuses, and passes its error on as it is", async () => {
    const refusal = new Error("no");
    const all = [reader(refusal), reader()];
    await expect(fanOut(all).consume(logs(1))).rejects.toBe(refusal);
    expect(all[1]!.got).toHaveLength(1);
  });

  it("joins several errors, permanent when any is", async () => {
    const retryable = fanOut([reader(new Error("a")), reader(new Error("b"))]).consume(logs(1));
    await expect(retryable).rejects.toThrow(new Error("a; b"));
    const permanent = fanOut([reader(new Error("a")), reader(new PermanentError("b"))]).consume(logs(1));
    await expect(permanent).rejects.toBeInstanceOf(PermanentError);
  });

  it("says how to offer data again to those alone who refused it for now", async () => {
    const busy = reader(new Error("busy"));
    const bad = reader(new PermanentError("bad"));
    const all = [reader(), busy, writer(), bad];
    const nested = fanOut([fanOut(all), reader()]);
    const error = await nested.consume(logs(3)).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PermanentError);
    const again = reofferOf(error)!;
    const second = await again().catch((cause: unknown) => cause);
    expect(all.map(({ got }) => got.length)).toEqual([1, 2, 1, 1]);
    expect(busy.got[1]!.itemCount).toBe(3);
    busy.refusal = undefined;
    await reofferOf(second)!();
    expect(all.map(({ got }) => got.length)).toEqual([1, 3, 1, 1]);
  });

  it("has nobody to offer it to alone when all refused it, or did so for good", async () => {
    const refusing = fanOut([reader(new Error("a")), reader(new Error("b"))]).consume(logs(1));
    expect(reofferOf(await refusing.catch((cause: unknown) => cause))).toBeUndefined();
    const bad = fanOut([reader(new PermanentError("a")), reader()]).consume(logs(1));
    expect(reofferOf(await bad.catch((cause: unknown) => cause))).toBeUndefined();
  });
});
