import { expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import { Input } from "./edge.ts";

it("is not idle again before the calls that came since have ended", async () => {
  const calls: PromiseWithResolvers<void>[] = [];
  const input = new Input({
    capabilities: { mutatesData: false },
    consume: () => {
      calls.push(Promise.withResolvers<void>());
      return calls.at(-1)!.promise;
    },
  });
  for (const round of [0, 1]) {
    const sent = input.consume(traces(1));
    let idle = false;
    const waited = input.idle().then(() => {
      idle = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(idle).toBe(false);
    calls[round]!.resolve();
    await Promise.all([sent, waited]);
  }
});
