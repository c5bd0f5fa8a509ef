// Return probes made in tracefs: their room, and that none outlives its agent. Only in machines of the matrix: what is
// removed is every probe of ours that the kernel has.
import { appendFileSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { get, httpCase, ok, seen } from "../support/cases/case.ts";
import { KEEP_ALL, openKernelTap, openLiveTap } from "../support/live-tap.ts";
import { runCases, statedBy } from "../support/run-cases.ts";

const EVENTS = "/sys/kernel/tracing/kprobe_events";
const KPROBE = { ...KEEP_ALL, hook: "kprobe" };
/** Clients, by letters as flags are: more than a probe has room for by itself, the machine's CPUs or 10. */
const CLIENTS = [..."cdefghijklmnopqr"];

function ownProbes(): string[] {
  return readFileSync(EVENTS, "utf8")
    .split("\n")
    .filter((line) => line.includes(":wattspan_"));
}

/** Each connection is served by a thread that waits in its receive, until all do. */
const waiting = httpCase(
  "many threads that wait at once",
  (talk) => {
    CLIENTS.forEach((client, i) => {
      if (i > 0) talk.process(client).act(client, `await ${CLIENTS[i - 1]}`);
      talk.connect(client, "s").act("s", `set ${client}`).thread("s", `t${i}`);
    });
    talk.act("s", "sleep 200").act("s", "set z"); // Until the threads are in their receives.
    for (const client of CLIENTS) talk.act(client, "await z").send(client, "write", get(`/${client}`));
    CLIENTS.forEach((client, i) => {
      talk.receive(`t${i}`).send(`t${i}`, "write", ok(client)).receive(client);
    });
    return talk;
  },
  CLIENTS.map((client) => seen("GET", `/${client}`, 200, { responseBody: client.length })),
);

describe("return probes", () => {
  test("see the return of every call, though more wait than there are CPUs", async () => {
    const results = await runCases([waiting], () => openLiveTap(KPROBE));
    const result = results.get(waiting.name)!;
    const targets = statedBy(result.seen, "server").map(({ target }) => target);
    expect(targets.toSorted()).toEqual(waiting.server.map(({ target }) => target));
    expect(result.counted.missed_calls).toBe(0);
  });

  test("are removed when the tap is closed, those of killed agents when the next one starts", () => {
    const killed = `wattspan_${process.pid}_1_0badcafe/inet_recvmsg`;
    appendFileSync(EVENTS, `r4096:${killed} inet_recvmsg\n`);
    expect(ownProbes()).toHaveLength(1);
    const tap = openKernelTap(KPROBE);
    expect(ownProbes().length).toBeGreaterThanOrEqual(4);
    expect(ownProbes().join()).not.toContain(killed);
    tap.close();
    expect(ownProbes()).toEqual([]);
  });
});
