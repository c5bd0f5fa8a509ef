// The sets of hooks by which the kernel can show what sockets send and receive, the best first.
import type { Feature, Libbpf } from "../../native/libbpf.ts";
import { preemptsRawTracepoints } from "./kernel-release.ts";
import { Kretprobes } from "./kretprobes.ts";

/** Names of the sets, as WATTSPAN_SOCKET_HOOK takes them. */
export type SocketHook = "raw_tp" | "tracepoint" | "fexit" | "kprobe" | "syscalls";

export interface HookSet {
  readonly hook: SocketHook;
  /** What the kernel must offer; tried for real. */
  readonly needs: Feature;
  /** Programs of bpf/http_hooks.bpf.h that belong to the set, by name. */
  readonly programs: RegExp;
}

/** Forces one set; for tests, and for hosts on which the best set misbehaves. */
export const SOCKET_HOOK_VARIABLE = "WATTSPAN_SOCKET_HOOK";

export const HOOK_SETS: readonly HookSet[] = [
  {
    hook: "raw_tp", // since 6.3
    needs: { rawTracepoint: "sock_send_length" },
    programs: /^trace_sock_(send|recv)_length$/,
  },
  {
    hook: "tracepoint", // the same, dearer, through perf events
    needs: { tracepoint: "sock/sock_send_length" },
    programs: /_perf$/,
  },
  {
    hook: "fexit", // since 5.5, on x86-64; on arm64 since 6.0
    needs: { fentry: "inet_sendmsg" },
    programs: /_fexit$/,
  },
  {
    hook: "kprobe",
    needs: { kprobe: "inet_sendmsg" },
    programs: /_(kprobe|kretprobe)$/,
  },
  {
    hook: "syscalls",
    needs: { tracepoint: "syscalls/sys_exit_write" },
    programs: /^trace_sys_(enter|exit)_/,
  },
];

/** The order on kernels that preempt raw tracepoints. */
const PREEMPTED_HOOK_SETS: readonly HookSet[] = HOOK_SETS.toSorted(
  (a, b) => Number(b.hook === "tracepoint") - Number(a.hook === "tracepoint"),
);

/** A set that cannot be used here, and the kernel's reason. */
export interface Refusal {
  readonly hook: SocketHook;
  readonly reason: string;
}

/**
 * The sets to try on a kernel, in order: all of them, or the one that is forced. Throws on a name that is none.
 * `release` is of the kernel, as `uname -r` has it.
 */
export function hookSetsToTry(forced: string | undefined, release: string): readonly HookSet[] {
  if (!forced) return preemptsRawTracepoints(release) ? PREEMPTED_HOOK_SETS : HOOK_SETS;
  const set = HOOK_SETS.find(({ hook }) => hook === forced);
  if (set) return [set];
  const names = HOOK_SETS.map(({ hook }) => hook).join(", ");
  throw new Error(`${SOCKET_HOOK_VARIABLE} is ${JSON.stringify(forced)}: use one of ${names}`);
}

/** A program of the object, before it is loaded. */
export interface HookProgram {
  readonly name: string;
  readonly section: string;
}

/** Why a set cannot be used, or undefined. */
export function refusalOf(
  { hook, needs, programs }: HookSet,
  libbpf: Pick<Libbpf, "probe">,
  all: readonly HookProgram[],
  kretprobes: Pick<Kretprobes, "refusal"> = new Kretprobes(),
): Refusal | undefined {
  if (!all.some(({ name }) => programs.test(name))) return { hook, reason: "not part of this build" };
  const reason = libbpf.probe(needs) ?? (hook === "kprobe" ? kretprobes.refusal() : undefined);
  return reason === undefined ? undefined : { hook, reason };
}

/**
 * Which programs to load: those of `set` whose own hook is there (kernels differ in some, as `inet_sendpage` until 6.5),
 * and those that belong to no set.
 */
export function autoload(
  set: HookSet,
  libbpf: Pick<Libbpf, "probe">,
  all: readonly HookProgram[],
): Readonly<Record<string, boolean>> {
  const isOfOther = (name: string) => HOOK_SETS.some((other) => other !== set && other.programs.test(name));
  const isThere = (section: string) => {
    const feature = featureOf(section);
    return !feature || libbpf.probe(feature) === undefined;
  };
  return Object.fromEntries(
    all.map(({ name, section }) => [name, set.programs.test(name) ? isThere(section) : !isOfOther(name)]),
  );
}

/** What a program's section needs of the kernel. */
function featureOf(section: string): Feature | undefined {
  const [, kind, target = ""] = /^\??([^/]+)\/(.+)$/.exec(section) ?? [];
  switch (kind) {
    case "raw_tp":
      return { rawTracepoint: target };
    case "fexit":
      return { fentry: target };
    case "kprobe":
    case "kretprobe":
      return { kprobe: target };
    case "tracepoint":
      return { tracepoint: target };
    default:
      return undefined;
  }
}
