// By what the kernel lets itself be watched, tried for real.

import { HOOK_SETS, type HookProgram, refusalOf } from "../../ebpf/tap/socket-hooks.ts";
import type { Libbpf } from "../../native/libbpf.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** What doctor tries; a test's may be another. */
export interface Attempts {
  readonly libbpf: Pick<Libbpf, "probe">;
  /** Of the HTTP tap. */
  readonly programs: readonly HookProgram[];
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
  return {
    hook,
    ok: hook !== undefined && events.every(({ state }) => state === "ok"),
    section: {
      title: "Capture",
      findings: [...findings, ...HOOK_SETS.map((set) => mechanism(attempts, set, hook)), ...events],
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

function mechanism(attempts: Attempts, set: (typeof HOOK_SETS)[number], chosen: string | undefined): Finding {
  const [what] = Object.values(set.needs);
  const refusal = refusalOf(set, attempts.libbpf, attempts.programs);
  if (refusal) return note(set.hook, `${what}: ${refusal.reason}`);
  if (set.hook === chosen) return ok(set.hook, `${what}: chosen`);
  const isBetter = HOOK_SETS.findIndex(({ hook }) => hook === chosen) > HOOK_SETS.indexOf(set);
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
