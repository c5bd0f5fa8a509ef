import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Feature } from "../../native/libbpf.ts";
import { autoload, HOOK_SETS, hookSetsToTry, refusalOf } from "./socket-hooks.ts";

/** The programs of bpf/, from its sources. */
const programs = ["http_hooks.bpf.h", "http_fallbacks.bpf.h"].flatMap((file) => {
  const source = readFileSync(new URL(`../../../bpf/${file}`, import.meta.url), "utf8");
  return [...source.matchAll(/SEC\("\??([a-z_]+\/[^"]+)"\)\s*int (?:BPF_\w+\()?(\w+)/g)].map(
    ([, section, name]) => ({ section: section!, name: name! }),
  );
});
const all = { probe: () => undefined };

function without(...missing: string[]) {
  return {
    probe: (feature: Feature) =>
      missing.includes(String(Object.values(feature)[0])) ? "ENOENT: not there" : undefined,
  };
}

function loaded(hook: string, libbpf: typeof all | ReturnType<typeof without> = all): string[] {
  const set = HOOK_SETS.find((each) => each.hook === hook)!;
  return Object.entries(autoload(set, libbpf, programs))
    .filter(([, on]) => on)
    .map(([name]) => name);
}

test("loads the two raw tracepoints, and the state changes with every set", () => {
  expect(loaded("raw_tp").sort()).toEqual([
    "trace_inet_sock_set_state",
    "trace_sock_recv_length",
    "trace_sock_send_length",
  ]);
  for (const { hook } of HOOK_SETS) expect(loaded(hook)).toContain("trace_inet_sock_set_state");
});

test("never loads programs of two sets", () => {
  for (const { hook, programs: own } of HOOK_SETS)
    for (const name of loaded(hook))
      expect(own.test(name) || name === "trace_inet_sock_set_state", `${hook} ${name}`).toBe(true);
});

test("leaves out the hooks that a kernel does not have", () => {
  const names = loaded("fexit", without("inet_sendpage"));
  expect(names).toContain("trace_inet_sendmsg_fexit");
  expect(names).not.toContain("trace_inet_sendpage_fexit");
});

test("tries the raw tracepoints first and system calls last", () => {
  const hooks = hookSetsToTry(undefined, "6.12.0-amd64").map(({ hook }) => hook);
  expect(hooks).toEqual(["raw_tp", "tracepoint", "fexit", "kprobe", "syscalls"]);
});

test("tries raw tracepoints second where the kernel preempts their programs", () => {
  const hooks = hookSetsToTry(undefined, "7.0.1-amd64").map(({ hook }) => hook);
  expect(hooks).toEqual(["tracepoint", "raw_tp", "fexit", "kprobe", "syscalls"]);
});

test("uses kprobes only where return probes can be made", () => {
  const kprobe = HOOK_SETS.find(({ hook }) => hook === "kprobe")!;
  const reason = "tracefs is not mounted at /sys/kernel/tracing";
  expect(refusalOf(kprobe, all, programs, { refusal: () => reason })).toEqual({ hook: "kprobe", reason });
  expect(refusalOf(kprobe, all, programs, { refusal: () => undefined })).toBeUndefined();
});

test("tries the forced set alone, and refuses one that does not exist", () => {
  expect(hookSetsToTry("kprobe", "6.12.0").map(({ hook }) => hook)).toEqual(["kprobe"]);
  expect(() => hookSetsToTry("ptrace", "6.12.0")).toThrow(
    'WATTSPAN_SOCKET_HOOK is "ptrace": use one of raw_tp, tracepoint, fexit, kprobe, syscalls',
  );
});

test("says why a set cannot be used", () => {
  const [raw] = HOOK_SETS;
  expect(refusalOf(raw!, all, programs)).toBeUndefined();
  expect(refusalOf(raw!, without("sock_send_length"), programs)).toEqual({
    hook: "raw_tp",
    reason: "ENOENT: not there",
  });
  expect(refusalOf(raw!, all, [])).toEqual({ hook: "raw_tp", reason: "not part of this build" });
});
