import type { HostFiles } from "./host-files.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** Who may use BPF at all, by kernel.unprivileged_bpf_disabled. */
const UNPRIVILEGED_BPF: Readonly<Record<string, string>> = {
  "0": "also users without rights (0); wattspan needs rights all the same",
  "1": "users with CAP_BPF alone, until the next boot (1)",
  "2": "users with CAP_BPF alone (2)",
};

/** The kernel and what it was told. */
export function kernelSection(host: HostFiles): Section {
  return {
    title: "Kernel",
    findings: [version(host), btf(host), lockdown(host), unprivilegedBpf(host), tracefs(host)],
  };
}

function version(host: HostFiles): Finding {
  const release = host.kernelRelease() ?? "unknown";
  if (host.isKernelBefore(5, 8))
    return problem(
      "version",
      release,
      "Linux 5.8 brought the ring buffer that wattspan needs: use a newer kernel",
    );
  if (host.isKernelBefore(6, 3))
    return note("version", `${release}; from 6.3 on, sockets are watched at a lower cost`);
  return ok("version", release);
}

function btf(host: HostFiles): Finding {
  const path = "/sys/kernel/btf/vmlinux";
  return host.exists(`${host.sys}/kernel/btf/vmlinux`)
    ? ok("BTF", path)
    : problem(
        "BTF",
        `no ${path}`,
        "use a kernel that is built with CONFIG_DEBUG_INFO_BTF=y, as all large distributions' are",
      );
}

function lockdown(host: HostFiles): Finding {
  const [, mode = "none, or not told"] =
    /\[(\w+)\]/.exec(host.text(`${host.sys}/kernel/security/lockdown`) ?? "") ?? [];
  return mode === "confidentiality"
    ? problem(
        "lockdown",
        mode,
        "BPF may not read memory under it: boot with lockdown=integrity, or without secure boot",
      )
    : ok("lockdown", mode);
}

function unprivilegedBpf(host: HostFiles): Finding {
  const value = host.text(`${host.proc}/sys/kernel/unprivileged_bpf_disabled`);
  return note("BPF is for", UNPRIVILEGED_BPF[value ?? ""] ?? "not known");
}

function tracefs(host: HostFiles): Finding {
  const mounted = [`${host.sys}/kernel/tracing`, `${host.sys}/kernel/debug/tracing`].find((path) =>
    host.exists(`${path}/events`),
  );
  return mounted
    ? ok("tracefs", mounted)
    : note(
        "tracefs",
        'not mounted, or not ours to read; the hooks "tracepoint", "kprobe" and "syscalls" need it',
      );
}
