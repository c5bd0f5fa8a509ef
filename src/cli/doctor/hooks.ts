// By what the kernel lets itself be watched, tried for real.

import { release } from "node:os";
import type { Kretprobes } from "../../ebpf/tap/kretprobes.ts";
import { type HookProgram, type HookSet, hookSetsToTry, refusalOf } from "../../ebpf/tap/socket-hooks.ts";
import type { Libbpf } from "../../native/libbpf.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** What doctor tries; a test's may be another. */
export interface Attempts {
  readonly libbpf: Pick<Libbpf, "probe">;
  /** Of the HTTP tap. */
  readonly programs: readonly HookProgram[];
  /** What makes return probes; this host's unless given. */
  readonly kretprobes?: Pick<Kretprobes, "refusal">;
  /** Opens the HTTP tap as the receiver would, and closes it. Throws where it cannot be opened. */
  openTap(): { readonly hook: string; readonly memoryBytes: number };
}

/** Whether and how HTTP can be captured. */
export interface Capture {
  readonly hook: string | undefined;
  readonly ok: boolean;
  readonly section: Section;
}

/** Raw tracepoints that the tap needs besides a set of hooks: connections that end, and the life of processes. */
const ALWAYS: readonly string[] = [
  "inet_sock_set_state",
  "sched_process_exec",
  "sched_process_fork",
  "sched_process_exit",
];

const MEBIBYTE = 1 << 20;

/** Opens the tap and says how; `reason` says why nothing can be tried. */
export function capture(attempts: Attempts | undefined, reason: string): Capture {
  if (!attempts) {
    const finding = problem("HTTP", "cannot be captured", reason);
    return { hook: undefined, ok: false, section: { title: "Capture", findings: [finding] } };
  }
  const events = tracepoints(attempts);
  const { hook, findings } = opened(attempts);
  const sets = hookSetsToTry(undefined, release());
  const chosen = sets.findIndex((set) => set.hook === hook);
  return {
    hook,
    ok: hook !== undefined && events.every(({ state }) => state === "ok"),
    section: {
      title: "Capture",
      findings: [
        ...findings,
        ...sets.map((set, rank) => mechanism(attempts, set, hook, rank < chosen)),
        ...events,
      ],
    },
  };
}

function opened(attempts: Attempts): { hook: string | undefined; findings: readonly Finding[] } {
  try {
    const { hook, memoryBytes } = attempts.openTap();
    const mebibytes = (memoryBytes / MEBIBYTE).toFixed(1);
    return {
      hook,
      findings: [
        ok("HTTP", `can be captured, by ${hook}`),
        ok("memory", `${mebibytes} MiB of the kernel's for the maps of HTTP`),
      ],
    };
  } catch (error) {
    // A TapError ends with what to do.
    const message = (error as Error).message;
    const advice = /\): (.+)$/s.exec(message)?.[1] ?? message;
    return { hook: undefined, findings: [problem("HTTP", "cannot be captured", advice)] };
  }
}

/** Whether a set could be used, and why the chosen one is another. */
function mechanism(attempts: Attempts, set: HookSet, chosen: string | undefined, isBetter: boolean): Finding {
  const [what] = Object.values(set.needs);
  const refusal = refusalOf(set, attempts.libbpf, attempts.programs, attempts.kretprobes);
  if (refusal) return note(set.hook, `${what}: ${refusal.reason}`);
  if (set.hook === chosen) return ok(set.hook, `${what}: chosen`);
  return isBetter || chosen === undefined
    ? note(set.hook, `${what}: there, but the programs for it were refused or not wanted`)
    : ok(set.hook, `${what}: there, not needed`);
}

/** One finding for each reason, since it is mostly one for all. */
function tracepoints({ libbpf }: Attempts): readonly Finding[] {
  const byReason = Map.groupBy(ALWAYS, (name) => libbpf.probe({ rawTracepoint: name }));
  return [...byReason].map(([reason, names]) =>
    reason === undefined
      ? ok("tracepoints", names.join(", "))
      : problem("tracepoints", `${names.join(", ")}: ${reason}`, adviceFor(reason)),
  );
}

function adviceFor(reason: string): string {
  return /^(EPERM|EACCES)/.test(reason)
    ? "see Rights below; in a container its seccomp profile too"
    : "use a kernel with these tracepoints (CONFIG_TRACEPOINTS=y), 4.16 or newer";
}
