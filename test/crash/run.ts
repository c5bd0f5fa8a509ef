// npm run test:crash: a queue on disk against kill -9 at 1,000 random moments, in lanes beside each other. Each lane is one
// test: every item that was accepted must have been delivered. The last line is "N passed, N failed, N skipped".
import { runLane } from "./lane.ts";

const rounds = Number(process.argv[2] ?? 1000);
const LANES: readonly { readonly name: string; readonly queue: object }[] = [
  { name: "requests as they come", queue: {} },
  { name: "one consumer", queue: { num_consumers: 1 } },
  { name: "in batches", queue: { batch: { min_size: 5, flush_timeout: "5ms" } } },
  {
    name: "in batches that are cut",
    queue: { batch: { sizer: "bytes", min_size: 30_000, max_size: 50_000, flush_timeout: "5ms" } },
  },
];

const started = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };
await Promise.all(
  LANES.map(async ({ name, queue }) => {
    const { accepted, delivered, again, running, lost } = await runLane(
      Math.ceil(rounds / LANES.length),
      queue,
    );
    const ok = lost.length === 0 && accepted > 0;
    total[ok ? "passed" : "failed"]++;
    const counts = `${accepted} accepted, ${delivered} delivered, ${again} of them again, ${running} rounds killed while running`;
    console.log(`  ${ok ? "passed" : "FAILED"}   ${name}: ${counts}`);
    if (!ok) console.log(`           lost: ${lost.slice(0, 20).join(" ")}`);
  }),
);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n  ${rounds} rounds in ${seconds} s`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
