// The HTTP tap where all connections, series and heads but the first have no place in front of their maps.
import { expect, test } from "vitest";
import { answeredCases } from "../support/cases/answered.ts";
import { pipeliningCases } from "../support/cases/pipelining.ts";
import { openCrowdedTap } from "../support/live-tap.ts";
import { runCases, statedBy } from "../support/run-cases.ts";

const CASES = [...answeredCases, ...pipeliningCases].filter(({ talk }) => talk.connectionCount === 1);

test("reports the same requests without a place as with one", { timeout: 600_000 }, async () => {
  const results = await runCases(CASES, openCrowdedTap);
  for (const { name, client, server } of CASES) {
    const { seen } = results.get(name)!;
    expect({ name, client: statedBy(seen, "client"), server: statedBy(seen, "server") }).toEqual({
      name,
      client,
      server,
    });
  }
});
