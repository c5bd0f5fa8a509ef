// The table of HTTP cases once more, on what the kernel reported of them when it was recorded: needs no root.
import { expect, test } from "vitest";
import { cases } from "../support/cases.ts";
import { CASES_RECORDING, ReplayTap, readReports } from "../support/replay-tap.ts";
import { seenIn, statedBy, timeChecks, withoutCircumstances } from "../support/run-cases.ts";

const tap = new ReplayTap(CASES_RECORDING);
await tap.start();
const requests = await tap.requests();
const reports = readReports();

/** Throws, with what to do, when the table has a case that was not recorded. */
function recorded(name: string) {
  const report = reports[name];
  if (!report) throw new Error("not recorded: run node test/golden/record-http-cases.ts as root");
  return { report, seen: seenIn(report, requests) };
}

for (const tested of cases)
  test(`finds in the recording exactly the requests: ${tested.name}`, () => {
    const result = recorded(tested.name);
    for (const side of ["client", "server"] as const) {
      expect(statedBy(result.seen, side)).toEqual(tested[side].map(withoutCircumstances));
      for (const { earliest, reported, latest } of timeChecks(tested, result, side)) {
        expect(reported).toBeGreaterThanOrEqual(earliest);
        expect(reported).toBeLessThanOrEqual(latest);
      }
    }
  });
