import { expect, test } from "vitest";
import { preemptsRawTracepoints, readsTcpClockOnReceive } from "./kernel-release.ts";

test.each([
  ["5.10.0-32-cloud-amd64", false, true],
  ["6.2.0", false, true],
  ["6.18.5", false, true],
  ["6.19.0-rc1", false, false],
  ["7.0.1-amd64", true, false],
  ["10.1.0", true, false],
  ["mainline", true, false],
])("tells what %s does", (release, preempts, reads) => {
  expect(preemptsRawTracepoints(release)).toBe(preempts);
  expect(readsTcpClockOnReceive(release)).toBe(reads);
});
