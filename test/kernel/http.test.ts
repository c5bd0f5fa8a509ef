// The HTTP tap before real sockets: every case of the table, seen from the client and from the server.
import { describe, expect, type TestContext, test } from "vitest";
import { type Case, cases, type ExpectedRequest, garbageTable } from "../support/cases.ts";
import { openLiveTap } from "../support/live-tap.ts";
import {
  type CaseResult,
  runCases,
  runGarbage,
  statedBy,
  timeChecks,
  withoutCircumstances,
} from "../support/run-cases.ts";
import type { Endpoint } from "../support/talk.ts";
import type { TapCounters } from "../support/tap.ts";

/** The counter under which each kind of connection is found. */
const COUNTERS = {
  unparsed: "unparsed_connections",
  tls: "unparsed_tls",
  http2: "unparsed_http2",
  endless: "framing",
  unreadable: "unreadable",
} as const;

const HOOK = process.env.WATTSPAN_SOCKET_HOOK ?? "";
/** Whether the hooks in use begin at a call's entry. */
const HOOKS_ENTRY = ["fexit", "kprobe"].includes(HOOK);

/** All cases are played when the first test asks; under emulation that takes minutes. */
const ALL_CASES_MS = 900_000;

/** `make`, called once; where it fails, every test that asks fails with its reason, and none is skipped. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

describe("the HTTP tap", () => {
  const results = once(() => runCases(cases, () => openLiveTap()));

  for (const tested of cases) {
    test(`reports exactly the requests: ${tested.name}`, { timeout: ALL_CASES_MS }, async (context) => {
      const { seen, counted } = (await results()).get(tested.name)!;
      skipLoss(context, counted);
      // Calls under way when the tap starts are seen by half.
      if (!tested.attachLate) expect(counted.missed_calls).toBe(0);
      const server = HOOKS_ENTRY && tested.blockedServer ? tested.server.slice(1) : tested.server;
      expect(inOrder(tested, statedBy(seen, "client"))).toEqual(inOrder(tested, tested.client));
      expect(inOrder(tested, statedBy(seen, "server"))).toEqual(inOrder(tested, server));
    });

    test(`reports ends and times: ${tested.name}`, { timeout: ALL_CASES_MS }, async (context) => {
      const result = (await results()).get(tested.name)!;
      skipLoss(context, result.counted);
      for (const { role, pid, local, remote } of result.seen) {
        const own = result.report.connections.find(
          (end) => end.local.port === local.port && end.remote.port === remote.port,
        );
        expect([unmapped(local), unmapped(remote)]).toEqual([unmapped(own?.local), unmapped(own?.remote)]);
        expect(pidsOf(result, role)).toContain(pid);
      }
      for (const side of ["client", "server"] as const)
        for (const check of timeChecks(tested, result, side)) {
          const { earliest, reported, latest } = check;
          expect({ ...check, inBounds: earliest <= reported && reported <= latest }).toEqual({
            ...check,
            inBounds: true,
          });
        }
    });
  }
});

describe("the HTTP tap, on connections that are not HTTP/1.x", () => {
  const results = once(() => runGarbage(garbageTable, openLiveTap()));

  for (const { name, kind } of garbageTable)
    test(`invents nothing, and counts it: ${name}`, { timeout: ALL_CASES_MS }, async (context) => {
      const { seen, counted } = (await results()).get(name)!;
      skipLoss(context, counted);
      expect(seen).toEqual([]);
      // Exits of system calls do not see what io_uring does at all.
      if (kind !== "silent" && !(HOOK === "syscalls" && kind === "unreadable"))
        expect(counted[COUNTERS[kind]]).toBeGreaterThan(0);
    });
});

/**
 * A loss that is counted is a known limit of raw tracepoints and fexit on kernels that preempt their programs. Everywhere
 * else the kernel leaves nothing out, so nothing is skipped.
 */
function skipLoss(context: TestContext, counted: TapCounters): void {
  const misses = counted.recursion_misses ?? 0;
  context.skip(misses > 0, `the kernel left out ${misses} calls, and counted them`);
}

/** Requests as far as a case states them; those of several connections have no order among them. */
function inOrder({ talk }: Case, requests: readonly ExpectedRequest[]): ExpectedRequest[] {
  const stated = requests.map(withoutCircumstances);
  return talk.connectionCount === 1 ? stated : stated.sort((a, b) => a.target.localeCompare(b.target));
}

/** The processes that act on one side of a case: clients are named by one of the letters c, d and e, or u, a thread. */
function pidsOf({ report }: CaseResult, role: "client" | "server"): number[] {
  const isClient = (actor: string) => /^[cdeu]$/.test(actor);
  return report.steps.filter(({ actor }) => isClient(actor) === (role === "client")).map(({ pid }) => pid);
}

/** IPv4 in an IPv6 socket is IPv4. */
function unmapped(end: Endpoint | undefined): Endpoint | undefined {
  return end && { ...end, address: end.address.replace(/^::ffff:/, "") };
}
