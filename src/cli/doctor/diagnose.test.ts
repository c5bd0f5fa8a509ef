import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Feature } from "../../native/libbpf.ts";
import { type DiagnoseSettings, diagnose } from "./diagnose.ts";
import type { Attempts } from "./hooks.ts";
import { HostFiles } from "./host-files.ts";
import { render } from "./render.ts";
import type { Finding, Report } from "./report.ts";

const ALL_CAPABILITIES = "000001ffffffffff";
const PROGRAMS = [
  { name: "trace_sock_send_length", section: "raw_tp/sock_send_length" },
  { name: "trace_inet_sendmsg_fexit", section: "fexit/inet_sendmsg" },
  { name: "trace_inet_sendmsg_kprobe", section: "kprobe/inet_sendmsg" },
  { name: "trace_sys_enter_write", section: "tracepoint/syscalls/sys_enter_write" },
];

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "doctor-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, text = ""): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

/** A host on which all is well. */
function healthyHost(): void {
  write("proc/sys/kernel/osrelease", "6.12.1-cloud-amd64\n");
  write("proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
  write("proc/self/status", `Name:\tnode\nCapEff:\t${ALL_CAPABILITIES}\nSeccomp:\t0\n`);
  write("proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
  link("proc/1/ns/pid", "pid:[4026531836]");
  link("proc/self/ns/user", "user:[4026531837]");
  write("proc/net/tcp", "  sl  local_address rem_address   st\n");
  write("sys/kernel/btf/vmlinux");
  write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
  mkdirSync(join(root, "sys/kernel/tracing/events"), { recursive: true });
}

function attempts(refuse: (feature: Feature) => string | undefined = () => undefined): Attempts {
  return {
    libbpf: { probe: refuse },
    programs: PROGRAMS,
    kretprobes: { refusal: () => undefined },
    openTap: () => ({ hook: "raw_tp", memoryBytes: 15 << 20 }),
  };
}

function diagnosed(settings: Partial<DiagnoseSettings> = {}): Report {
  return diagnose(new HostFiles(join(root, "proc"), join(root, "sys")), {
    version: "1.2.3",
    statusFolder: join(root, "run"),
    ownProc: join(root, "proc"),
    attempts: attempts(),
    reason: "",
    ...settings,
  });
}

function finding({ sections }: Report, name: string): Finding | undefined {
  return sections.flatMap(({ findings }) => findings).find((one) => one.name === name);
}

test("finds nothing wrong on a host on which all is well", () => {
  healthyHost();
  const report = diagnosed();
  expect(report).toMatchObject({ ok: true, version: "1.2.3", hook: "raw_tp" });
  const problems = report.sections
    .flatMap(({ findings }) => findings)
    .filter(({ state }) => state === "problem");
  expect(problems).toEqual([]);
  expect(finding(report, "memory")?.value).toContain("15.0 MiB");
});

test("gets along without any file of the host", () => {
  const report = diagnosed();
  expect(finding(report, "version")).toMatchObject({ state: "problem", value: "unknown" });
  expect(finding(report, "BTF")).toMatchObject({ state: "problem" });
  expect(finding(report, "CAP_BPF")?.state).not.toBe("ok");
  expect(render(report, false)).not.toContain("undefined");
});

test("says which hooks are refused and why, and which one was chosen", () => {
  healthyHost();
  const refused = (feature: Feature) => ("fentry" in feature ? "EPERM: operation not permitted" : undefined);
  const report = diagnosed({ attempts: attempts(refused) });
  expect(finding(report, "raw_tp")).toEqual({
    state: "ok",
    name: "raw_tp",
    value: "sock_send_length: chosen",
  });
  expect(finding(report, "fexit")).toEqual({
    state: "note",
    name: "fexit",
    value: "inet_sendmsg: EPERM: operation not permitted",
  });
  expect(finding(report, "kprobe")?.value).toBe("inet_sendmsg: there, not needed");
});

test("tells hooks that are there, but whose programs do not load, from those that are not needed", () => {
  healthyHost();
  const openTap = () => ({ hook: "fexit", memoryBytes: 1 });
  const report = diagnosed({ attempts: { ...attempts(), openTap } });
  expect(finding(report, "raw_tp")).toMatchObject({ state: "note" });
  expect(finding(report, "fexit")).toMatchObject({ state: "ok", value: "inet_sendmsg: chosen" });
  expect(finding(report, "syscalls")).toMatchObject({ state: "ok" });
});

test("is not well where the tap cannot be opened, and gives the tap's advice", () => {
  healthyHost();
  const openTap = () => {
    throw new Error(
      "cannot watch sockets (raw_tp: EPERM: no; fexit: ENOENT: no): run as root, or grant rights",
    );
  };
  const report = diagnosed({ attempts: { ...attempts(), openTap } });
  expect(report).toMatchObject({ ok: false, hook: null });
  expect(finding(report, "HTTP")).toMatchObject({ state: "problem", advice: "run as root, or grant rights" });
});

test("is not well where processes cannot be watched, with one line for one reason", () => {
  healthyHost();
  const refuse = (feature: Feature) =>
    "rawTracepoint" in feature && feature.rawTracepoint.startsWith("sched") ? "ENOENT: no such" : undefined;
  const report = diagnosed({ attempts: attempts(refuse) });
  expect(report.ok).toBe(false);
  const lines = report.sections[0]!.findings.filter(({ name }) => name === "tracepoints");
  expect(lines.map(({ state, value }) => [state, value])).toEqual([
    ["ok", "inet_sock_set_state"],
    ["problem", "sched_process_exec, sched_process_fork, sched_process_exit: ENOENT: no such"],
  ]);
});

test("is not well where it was not built, and says so", () => {
  healthyHost();
  const report = diagnosed({ attempts: undefined, reason: "load libbpf.node: addon not built" });
  expect(report.ok).toBe(false);
  expect(finding(report, "HTTP")?.advice).toContain("addon not built");
});

test("names missing capabilities, and the lines that grant them", () => {
  healthyHost();
  const withoutBpf = (BigInt(`0x${ALL_CAPABILITIES}`) & ~(1n << 39n) & ~(1n << 21n)).toString(16);
  write("proc/self/status", `CapEff:\t${withoutBpf}\nSeccomp:\t2\n`);
  const report = diagnosed();
  expect(finding(report, "CAP_BPF")).toMatchObject({ state: "problem", value: "missing: loads BPF" });
  expect(finding(report, "CAP_PERFMON")).toMatchObject({ state: "ok" });
  expect(finding(report, "systemd")?.value).toBe(
    "AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_SYS_PTRACE CAP_DAC_READ_SEARCH",
  );
  expect(finding(report, "Kubernetes")?.value).toBe(
    "securityContext: {capabilities: {add: [BPF, PERFMON, SYS_PTRACE, DAC_READ_SEARCH]}}",
  );
  expect(finding(report, "seccomp")).toMatchObject({ state: "note" });
});

test("takes CAP_SYS_ADMIN for CAP_BPF and CAP_PERFMON", () => {
  healthyHost();
  const bits = (1n << 21n) | (1n << 19n) | (1n << 2n);
  write("proc/self/status", `CapEff:\t${bits.toString(16).padStart(16, "0")}\n`);
  const report = diagnosed();
  expect(finding(report, "CAP_BPF")).toMatchObject({ state: "ok" });
  expect(finding(report, "systemd")).toBeUndefined();
});

test("asks for what older kernels need", () => {
  healthyHost();
  write("proc/sys/kernel/osrelease", "5.10.0-26-cloud-amd64\n");
  expect(finding(diagnosed(), "CAP_SYS_RESOURCE")).toMatchObject({ state: "ok" });
  write("proc/sys/kernel/osrelease", "5.4.0-100-generic\n");
  const report = diagnosed();
  expect(finding(report, "CAP_SYS_ADMIN")).toMatchObject({ state: "ok" });
  expect(finding(report, "version")).toMatchObject({ state: "problem" });
});

test("warns of namespaces in which nothing can be named or loaded, and of lockdown", () => {
  healthyHost();
  rmSync(join(root, "proc/self/ns"), { recursive: true });
  rmSync(join(root, "proc/1/ns"), { recursive: true });
  link("proc/1/ns/pid", "pid:[4026532999]");
  link("proc/self/ns/user", "user:[4026532998]");
  write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  const report = diagnosed();
  expect(finding(report, "pid namespace")?.advice).toContain("hostPID: true");
  expect(finding(report, "user namespace")).toMatchObject({ state: "problem" });
  expect(finding(report, "lockdown")).toMatchObject({ state: "problem", value: "confidentiality" });
});

test("tells cgroup versions apart", () => {
  healthyHost();
  expect(finding(diagnosed(), "cgroups")?.value).toBe("v2 at /sys/fs/cgroup");
  write(
    "proc/self/mounts",
    "cgroup /sys/fs/cgroup/memory cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
  );
  expect(finding(diagnosed(), "cgroups")?.value).toMatch(/^v1, 1 hierarchies and v2 at/);
  write("proc/self/mounts", "");
  expect(finding(diagnosed(), "cgroups")).toMatchObject({ state: "note", value: "not mounted" });
});

test("finds power counters, and says where there are none", () => {
  healthyHost();
  expect(finding(diagnosed(), "power")?.value).toBe("no counters");
  write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  write("sys/class/powercap/intel-rapl:0/energy_uj", "12\n");
  write("sys/class/powercap/intel-rapl:0:0/name", "core\n");
  write("sys/class/hwmon/hwmon3/name", "ina226\n");
  write("sys/class/hwmon/hwmon3/power1_input", "12\n");
  const report = diagnosed();
  expect(finding(report, "RAPL")?.value).toBe("package-0 (intel-rapl:0)");
  expect(finding(report, "hwmon")?.value).toBe("ina226 (hwmon3)");
});

test("finds what cannot be seen: io_uring, TLS libraries, connections that are open already", () => {
  healthyHost();
  write("proc/41/comm", "proxy\n");
  write("proc/41/cmdline", "proxy");
  write("proc/41/environ");
  link("proc/41/fd/0", "/dev/null");
  link("proc/41/fd/7", "anon_inode:[io_uring]");
  write("proc/41/maps", "7f00-7f01 r-xp 0 08:01 12 /usr/lib/x86_64-linux-gnu/libssl.so.3\n");
  write(
    "proc/net/tcp",
    "  sl  local rem st\n   0: 0100007F:1F90 00000000:0000 0A\n   1: 0100007F:1F90 0100007F:D431 01\n",
  );
  const report = diagnosed();
  expect(finding(report, "io_uring")?.value).toMatch(/^proxy\[41\]: /);
  expect(finding(report, "TLS libraries")?.value).toMatch(/^proxy\[41\]: /);
  expect(finding(report, "old connections")?.value).toMatch(/^1 ends are open/);
});

test("shows the counters of running agents, and no file that a dead one left", () => {
  healthyHost();
  const stat = (start: number) => `41 (watt) span) S ${"0 ".repeat(18)}${start} 0 0`;
  write("proc/41/stat", stat(777));
  const status = {
    pid: 41,
    startTicks: 777,
    receiver: "ebpf_http",
    version: "1.2.3",
    source: { hook: "raw_tp" },
    updated: "2026-01-01T00:00:00Z",
    counters: { ring_full: 3, spans: 10 },
  };
  write("run/41-ebpf_http.json", JSON.stringify(status));
  write("run/42-ebpf_http.json", JSON.stringify({ ...status, pid: 42 }));
  write("run/43-ebpf_http.json", "{not JSON");
  const report = diagnosed();
  const titles = report.sections.map(({ title }) => title).filter((title) => title.startsWith("Agent"));
  expect(titles).toEqual(["Agent 41, receiver ebpf_http"]);
  expect(finding(report, "ring_full")).toMatchObject({ state: "problem", value: "3 lost" });
  expect(finding(report, "ring_full")?.advice).toContain("spans.max_per_second");
  expect(finding(report, "spans")?.value).toBe("10 spans kept");

  write("proc/41/stat", stat(778)); // the pid is somebody else's by now
  expect(finding(diagnosed(), "running")?.value).toContain("none has its status in");
});

test("is shown in aligned columns, with what to do below, in colour only when asked", () => {
  healthyHost();
  rmSync(join(root, "sys/kernel/btf"), { recursive: true });
  const report = diagnosed();
  const text = render(report, false);
  expect(text).not.toContain("\u001b");
  const line = text.split("\n").findIndex((one) => one.includes("✗ BTF"));
  const [at, below] = text.split("\n").slice(line, line + 2);
  expect(below!.indexOf("→")).toBe(at!.indexOf("no /sys"));
  expect(render(report, true)).toContain("\u001b[31m✗");
});
