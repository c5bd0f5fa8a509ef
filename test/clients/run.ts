// npm run test:clients: the OpenTelemetry SDKs and telemetrygen send to bin/wattspan, which must take and count all of it.
// The last line is "N passed, N failed, N skipped".
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "./report.ts";
import { SDKS, testSdk } from "./sdks.ts";
import { testTelemetrygen } from "./telemetrygen.ts";

const started = performance.now();
const report = new Report();

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "clients-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await Promise.all([
  testTelemetrygen(report),
  ...SDKS.map((sdk) => inFolder((folder) => testSdk(report, sdk, folder))),
]);

console.log(`\n  ${Math.round((performance.now() - started) / 1000)} s`);
console.log(`\n${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
process.exitCode = report.failed > 0 ? 1 : 0;
