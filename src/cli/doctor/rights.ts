import type { HostFiles } from "./host-files.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** Bits of linux/capability.h. */
const CAPABILITY_BITS = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

type Capability = keyof typeof CAPABILITY_BITS;

interface Need {
  readonly capability: Capability;
  readonly why: string;
  /** Holding one of these will do too. */
  readonly or?: readonly Capability[];
}

const READ_NEEDS: readonly Need[] = [
  { capability: "CAP_SYS_PTRACE", why: "reads executables and environments, to name services" },
  { capability: "CAP_DAC_READ_SEARCH", why: "reads /proc and tracefs without being root" },
];

/** Of a user namespace that is the host's own. */
const HOST_USER_NAMESPACE = "user:[4026531837]";

/** Capabilities of this process, held and missing, with the lines that grant them. */
export function rightsSection(host: HostFiles): Section {
  const needs = needsOf(host);
  const held = effectiveCapabilities(host);
  const has = (capability: Capability) => (held >> BigInt(CAPABILITY_BITS[capability])) & 1n;
  const missing = needs.filter(({ capability, or = [] }) => ![capability, ...or].some(has));
  const names = needs.map(({ capability }) => capability);
  const findings = needs.map((need) => {
    if (!missing.includes(need)) return ok(need.capability, need.why);
    // Said once, above the lines that follow.
    const advice = need === missing.at(-1) ? "run as root, or grant them by the line that fits:" : "";
    return problem(need.capability, `missing: ${need.why}`, advice);
  });
  return {
    title: "Rights",
    findings: [...findings, ...(missing.length > 0 ? grants(names) : []), ...restrictions(host)],
  };
}

function needsOf(host: HostFiles): readonly Need[] {
  const old = host.isKernelBefore(5, 8);
  const load: readonly Need[] = old
    ? [{ capability: "CAP_SYS_ADMIN", why: "loads and attaches BPF before Linux 5.8" }]
    : [
        { capability: "CAP_BPF", why: "loads BPF", or: ["CAP_SYS_ADMIN"] },
        { capability: "CAP_PERFMON", why: "attaches BPF, reads memory in it", or: ["CAP_SYS_ADMIN"] },
      ];
  const memory: readonly Need[] = host.isKernelBefore(5, 11)
    ? [{ capability: "CAP_SYS_RESOURCE", why: "lifts the limit on locked memory before Linux 5.11" }]
    : [];
  return [...load, ...READ_NEEDS, ...memory];
}

function effectiveCapabilities(host: HostFiles): bigint {
  const [, hex = "0"] = /^CapEff:\s*([0-9a-f]+)/m.exec(host.text(`${host.proc}/self/status`) ?? "") ?? [];
  return BigInt(`0x${hex}`);
}

/** The lines that grant all that is needed. */
function grants(names: readonly Capability[]): readonly Finding[] {
  const short = names.map((name) => name.replace("CAP_", ""));
  return [
    note("systemd", `AmbientCapabilities=${names.join(" ")}`),
    note("Kubernetes", `securityContext: {capabilities: {add: [${short.join(", ")}]}}`),
    note("Docker", short.map((name) => `--cap-add=${name}`).join(" ")),
  ];
}

/** What refuses in spite of capabilities. */
function restrictions(host: HostFiles): readonly Finding[] {
  const namespace = host.link(`${host.proc}/self/ns/user`);
  const seccomp = /^Seccomp:\s*2$/m.test(host.text(`${host.proc}/self/status`) ?? "");
  const userNamespace =
    namespace === undefined || namespace === HOST_USER_NAMESPACE
      ? ok("user namespace", "the host's")
      : problem(
          "user namespace",
          "not the host's: capabilities do not count for BPF in it",
          "run outside of it: no rootless container, no userns-remap, hostUsers: true",
        );
  return seccomp
    ? [userNamespace, note("seccomp", "filters system calls: bpf and perf_event_open must be allowed")]
    : [userNamespace];
}
