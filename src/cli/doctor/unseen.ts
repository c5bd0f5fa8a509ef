// What this host does that HTTP capture does not see, as far as /proc tells.
import type { HostFiles } from "./host-files.ts";
import { type Finding, note, ok, type Section } from "./report.ts";

/** Libraries that encrypt in user space, by the names of their files. */
const TLS_LIBRARY = /\/(libssl|libgnutls|libnss3|libmbedtls|libwolfssl)[-.\w]*\.so/;
const TCP_ESTABLISHED = "01";
/** Enough to know where to look. */
const NAMED = 3;

export function unseenSection(host: HostFiles): Section {
  const pids = host.pids().filter((pid) => pid !== process.pid); // Node.js has a ring of its own
  const rings = pids.filter((pid) => usesIoUring(host, pid));
  const encrypting = pids.filter((pid) => TLS_LIBRARY.test(host.text(`${host.proc}/${pid}/maps`) ?? ""));
  return {
    title: "Not seen",
    findings: [
      listed(host, "io_uring", rings, "what they send and receive by it is counted as unreadable"),
      listed(host, "TLS libraries", encrypting, "their requests inside TLS are counted, not read"),
      connections(host),
      ...cannotLook(host, pids),
    ],
  };
}

function usesIoUring(host: HostFiles, pid: number): boolean {
  const folder = `${host.proc}/${pid}/fd`;
  return host.names(folder).some((fd) => host.link(`${folder}/${fd}`) === "anon_inode:[io_uring]");
}

function listed(host: HostFiles, name: string, pids: readonly number[], meaning: string): Finding {
  if (pids.length === 0) return ok(name, "no process has any");
  const names = pids.slice(0, NAMED).map((pid) => `${host.text(`${host.proc}/${pid}/comm`) ?? "?"}[${pid}]`);
  const more = pids.length > NAMED ? ` and ${pids.length - NAMED} more` : "";
  return note(name, `${names.join(", ")}${more}: ${meaning}`);
}

/** Of the network namespace that is ours. */
function connections(host: HostFiles): Finding {
  const established = ["tcp", "tcp6"].flatMap((name) =>
    (host.text(`${host.proc}/net/${name}`) ?? "")
      .split("\n")
      .slice(1)
      .filter((line) => line.trim().split(/\s+/)[3] === TCP_ESTABLISHED),
  ).length;
  if (established === 0) return ok("old connections", "none is open here now");
  const meaning = "an agent that starts now sees them from their next request on";
  return note("old connections", `${established} ends are open here now: ${meaning}`);
}

function cannotLook(host: HostFiles, pids: readonly number[]): Finding[] {
  const closed = pids.filter(
    (pid) => !host.exists(`${host.proc}/${pid}/fd/0`) && host.names(`${host.proc}/${pid}/fd`).length === 0,
  );
  const others = closed.filter((pid) => (host.text(`${host.proc}/${pid}/cmdline`) ?? "") !== "").length;
  if (others === 0) return [];
  return [
    note("could not look", `into ${others} processes of other users`, "run doctor as root to see them all"),
  ];
}
