// Plays the cases before a tap, and lays what it saw beside what it must have seen.
import { setTimeout as sleep } from "node:timers/promises";
import type { Case, ExpectedRequest, Garbage } from "./cases.ts";
import type { Direction } from "./conversation.ts";
import { exchangesSeenBy } from "./reference.ts";
import { playTalk, type StepReport, type TalkReport } from "./talk.ts";
import type { SeenRequest, TapCounters, TestedTap } from "./tap.ts";

/** How long a tap may take to report what has happened. */
const SETTLE_MS = 5000;
/** Longest part of a target that is compared: a tap keeps only the first bytes of a head. */
const TARGET_CHARACTERS = 400;

export interface CaseResult {
  readonly report: TalkReport;
  /** Requests of the case's own processes, connection by connection in the script's order. */
  readonly seen: readonly SeenRequest[];
  /** How far the tap's counters moved. */
  readonly counted: TapCounters;
}

export interface GarbageResult {
  readonly report: TalkReport;
  readonly seen: readonly SeenRequest[];
  /** How far the tap's counters moved. */
  readonly counted: TapCounters;
}

/** Plays all cases: those of young connections before one tap, each older one before a tap that starts at its pause. */
export async function runCases(
  cases: readonly Case[],
  openTap: () => TestedTap,
): Promise<Map<string, CaseResult>> {
  const young = cases.filter(({ attachLate }) => !attachLate);
  const results = await runTogether(young, openTap());
  for (const old of cases.filter(({ attachLate }) => attachLate))
    results.set(old.name, await runLate(old, openTap()));
  return results;
}

async function runTogether(cases: readonly Case[], tap: TestedTap): Promise<Map<string, CaseResult>> {
  const played: { name: string; report: TalkReport; counted: TapCounters }[] = [];
  await tap.start();
  try {
    for (const { name, talk } of cases) {
      const before = tap.counters();
      const report = await playTalk(talk);
      played.push({ name, report, counted: differences(before, tap.counters()) });
    }
    const reports = played.map(({ report }) => report);
    const requests = await settled(tap, reports, countRequests(cases));
    return new Map(
      played.map(({ name, report, counted }) => [name, { report, counted, seen: seenIn(report, requests) }]),
    );
  } finally {
    await tap.stop();
  }
}

async function runLate(late: Case, tap: TestedTap): Promise<CaseResult> {
  try {
    const report = await playTalk(late.talk, () => tap.start());
    const seen = seenIn(report, await settled(tap, [report], countRequests([late])));
    return { report, seen, counted: tap.counters() };
  } finally {
    await tap.stop();
  }
}

/** Plays connections that are not HTTP/1.x, one by one before one tap. */
export async function runGarbage(
  table: readonly Garbage[],
  tap: TestedTap,
): Promise<Map<string, GarbageResult>> {
  const results = new Map<string, GarbageResult>();
  await tap.start();
  try {
    for (const { name, kind, talk } of table) {
      await tap.requests();
      const before = tap.counters();
      const report = await playTalk(talk);
      const seen = seenIn(report, await settled(tap, [report], 0));
      const counted = kind === "silent" ? differences(before, tap.counters()) : await moved(tap, before);
      results.set(name, { report, seen, counted });
    }
  } finally {
    await tap.stop();
  }
  return results;
}

/** How far the tap's counters moved, once any did: some connections are counted when they end, behind their last call. */
async function moved(tap: TestedTap, before: TapCounters): Promise<TapCounters> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const counted = differences(before, tap.counters());
    if (Object.values(counted).some((count) => count > 0) || Date.now() > deadline) return counted;
    await sleep(50);
  }
}

function differences(before: TapCounters, after: TapCounters): TapCounters {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );
}

function countRequests(cases: readonly Case[]): number {
  return cases.reduce((sum, { client, server }) => sum + client.length + server.length, 0);
}

/** The tap's requests, once as many as wanted are there (or time is up), and a moment more for those that must not be. */
async function settled(
  tap: TestedTap,
  reports: readonly TalkReport[],
  wanted: number,
): Promise<SeenRequest[]> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const requests = await tap.requests();
    const found = reports.reduce((sum, report) => sum + seenIn(report, requests).length, 0);
    if (found >= wanted || Date.now() > deadline) break;
    await sleep(50);
  }
  await sleep(100);
  return await tap.requests();
}

/** The requests of the processes of `report`. */
export function seenIn(report: TalkReport, requests: readonly SeenRequest[]): SeenRequest[] {
  const pids = new Set(report.steps.map(({ pid }) => pid));
  const ports = clientPorts(report);
  const place = ({ role, local, remote }: SeenRequest) =>
    ports.indexOf(role === "client" ? local.port : remote.port);
  return requests.filter(({ pid }) => pids.has(pid)).sort((a, b) => place(a) - place(b));
}

/** The clients' ports of the connections, in the order of the script. */
function clientPorts(report: TalkReport): number[] {
  const server = report.connections.find(({ actor }) => actor === "s")?.local.port;
  return report.connections.filter(({ remote }) => remote.port === server).map(({ local }) => local.port);
}

/** `seen` of one side, as far as a case states it. */
export function statedBy(seen: readonly SeenRequest[], side: "client" | "server"): ExpectedRequest[] {
  return seen.filter(({ role }) => role === side).map(withoutCircumstances);
}

/** `request` with its target cut to what is compared. */
export function withoutCircumstances(request: ExpectedRequest): ExpectedRequest {
  const { method, target, version, status, requestBody, responseBody, failure } = request;
  const shown = target.slice(0, TARGET_CHARACTERS);
  const stated = { method, target: shown, version, status, requestBody, responseBody };
  return failure ? { ...stated, failure } : stated;
}

/** One request's reported time, and the bounds that the truth puts on it; nanoseconds of CLOCK_MONOTONIC. */
export interface TimeCheck {
  readonly what: string;
  readonly earliest: bigint;
  readonly reported: bigint;
  readonly latest: bigint;
}

/** The bounds of start and end of each answered request that `side` of a case was seen to make. */
export function timeChecks(
  tested: Case,
  result: Pick<CaseResult, "report" | "seen">,
  side: "client" | "server",
): TimeCheck[] {
  const exchanges = exchangesSeenBy(side, tested.talk);
  const reported = result.seen.filter(({ role }) => role === side);
  if (tested.talk.connectionCount !== 1 || exchanges.length !== reported.length) return [];
  return exchanges.flatMap(({ requestStart, responseEnd, status, target }, i) => {
    const start = stepAt(tested, result.report, "up", side === "client", requestStart);
    const end = stepAt(tested, result.report, "down", side === "server", responseEnd - 1);
    if (!status || !start || !end) return [];
    const { startNs, endNs, failure } = reported[i]!;
    const started = bounded(`start of ${target}`, start, startNs);
    // What fails ends when it fails, not with its last byte.
    return failure ? [started] : [started, bounded(`end of ${target}`, end, endNs)];
  });
}

function bounded(what: string, { monotonicNs: [earliest, latest] }: StepReport, reported: bigint): TimeCheck {
  return { what, earliest, reported, latest };
}

/** The step that moved the byte at `offset` of a direction, on the sending or the receiving side. */
function stepAt(tested: Case, report: TalkReport, direction: Direction, sent: boolean, offset: number) {
  let position = 0;
  for (const [i, { moves }] of tested.talk.steps.entries()) {
    if (moves?.direction !== direction || moves.sent !== sent) continue;
    position += moves.bytes;
    if (position > offset) return report.steps[i];
  }
  return undefined;
}
