// Compiles talk (once, until its sources change) and plays conversations with it.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Conversation } from "./conversation.ts";

const SOURCES = join(import.meta.dirname, "talk");
const BUILT = join(import.meta.dirname, "../../build/test");
const PROGRAM = join(BUILT, "talk");

/** When something was; [before, after] in nanoseconds of a kernel clock. */
export type Span = readonly [bigint, bigint];

/** What one step did. */
export interface StepReport {
  readonly line: number;
  readonly actor: string;
  readonly pid: number;
  readonly tid: number;
  readonly call: string;
  readonly bytes: number;
  /** System calls that moved bytes. */
  readonly calls: number;
  /** Times the call answered EAGAIN. */
  readonly refusals: number;
  /** FNV-1a of the bytes received. */
  readonly hash: number;
  /** The errno that ended `readend`, 0 for an orderly end. */
  readonly error: number;
  readonly monotonicNs: Span;
  readonly bootNs: Span;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One actor's end of one connection. */
export interface ConnectionReport {
  readonly actor: string;
  readonly pid: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export interface TalkReport {
  /** In the order of the script. */
  readonly steps: readonly StepReport[];
  readonly connections: readonly ConnectionReport[];
}

/** Builds talk when it is missing or older than its sources, and returns its path. Without gcc a built one is used as it is. */
export function buildTalk(): string {
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name));
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync(PROGRAM) && (statSync(PROGRAM).mtimeMs >= newest || !hasCompiler())) return PROGRAM;
  mkdirSync(BUILT, { recursive: true });
  const files = sources.filter((path) => path.endsWith(".c"));
  execFileSync("gcc", [
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-static",
    "-pthread",
    "-o",
    PROGRAM,
    ...files,
  ]);
  return PROGRAM;
}

function hasCompiler(): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "gcc")));
}

/**
 * Plays `conversation`. At each `pause FLAG` the actor waits until `onPause` has resolved.
 * Rejects with talk's own words when a step fails, or when the conversation does not end.
 */
export async function playTalk(
  conversation: Conversation,
  onPause: (flag: string) => Promise<void> = async () => {},
): Promise<TalkReport> {
  const steps: StepReport[] = [];
  const connections: ConnectionReport[] = [];
  const child = spawn(buildTalk(), { stdio: ["pipe", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.on("error", () => {}); // It died; its exit status says so.
  child.stdin.write(conversation.toString());
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line, reviveSpans);
    if (report.kind === "step") steps.push(report);
    else if (report.kind === "connection") connections.push(report);
    else await onPause(report.flag).then(() => child.stdin.write(`${report.flag}\n`));
  }
  child.stdin.end();
  const status = await exit;
  if (status !== 0) throw new Error(`talk ended with ${status}: ${Buffer.concat(errors)}\n${conversation}`);
  return { steps: steps.sort((a, b) => a.line - b.line), connections };
}

function reviveSpans(key: string, value: unknown): unknown {
  return key.endsWith("Ns") ? (value as string[]).map(BigInt) : value;
}

/** FNV-1a, 32 bits, as talk computes it over received bytes. */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}
