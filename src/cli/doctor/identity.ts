import { inHostPidNamespace } from "../../ebpf/tap/agent-pid.ts";
import type { HostFiles } from "./host-files.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** How requests get the names of processes, containers and pods. */
export function identitySection(host: HostFiles): Section {
  return { title: "Names", findings: [pidNamespace(host), otherProcesses(host), cgroups(host)] };
}

function pidNamespace(host: HostFiles): Finding {
  if (host.link(`${host.proc}/1/ns/pid`) === undefined)
    return note("pid namespace", "cannot be told: /proc/1 is not ours to read");
  return inHostPidNamespace(host.proc)
    ? ok("pid namespace", "the host's")
    : problem(
        "pid namespace",
        "not the host's: processes cannot be named",
        "run with hostPID: true (Kubernetes) or --pid=host (Docker)",
      );
}

/** Kernel threads have no arguments, and no environment. */
function otherProcesses(host: HostFiles): Finding {
  const pids = host.pids().filter((pid) => host.text(`${host.proc}/${pid}/cmdline`));
  const readable = pids.filter((pid) => host.text(`${host.proc}/${pid}/environ`) !== undefined).length;
  const value = `${readable} of ${pids.length} can be read`;
  return readable === pids.length || pids.length === 0
    ? ok("processes", value)
    : note(
        "processes",
        value,
        "grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to name the services of the others",
      );
}

function cgroups(host: HostFiles): Finding {
  const mounts = (host.text(`${host.proc}/self/mounts`) ?? "").split("\n").map((line) => line.split(" "));
  const v2 = mounts.find(([, , type]) => type === "cgroup2")?.[1];
  const v1 = mounts.filter(([, , type]) => type === "cgroup");
  if (v2 && v1.length === 0) return ok("cgroups", `v2 at ${v2}`);
  if (v1.length > 0) {
    const both = v2 ? ` and v2 at ${v2}` : "";
    return ok("cgroups", `v1, ${v1.length} hierarchies${both}: groups are named by v1`);
  }
  return note("cgroups", "not mounted", "mount the host's /sys/fs/cgroup, to name containers and pods");
}
