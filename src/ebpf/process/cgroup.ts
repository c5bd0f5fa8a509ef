// Control groups: which hierarchy tells about a process, and what its path says about container and pod.

export interface Cgroup {
  /** Inode number of its directory, 0 where unknown; v1 and v2 count apart. */
  readonly id: number;
  /** True where the path is of a v1 controller's hierarchy. */
  readonly v1: boolean;
  /** From the hierarchy's root, as `/system.slice/nginx.service`; the root is `/`. */
  readonly path: string;
  /** Docker, containerd, CRI-O, Podman, ECS; undefined outside containers. */
  readonly containerId: string | undefined;
  /** With dashes, as the API server has it; undefined outside pods. */
  readonly podUid: string | undefined;
}

/** A process's group in one hierarchy. */
export interface Membership {
  /** Name of the hierarchy's mount on v1 (`memory`, `cpu,cpuacct`, `systemd`); empty for v2. */
  readonly hierarchy: string;
  readonly path: string;
}

/**
 * A container runtime's directory: 64 hexadecimal digits, or ECS's task id and number, alone or between what runtimes
 * put around it: `docker-<id>.scope`, `cri-containerd-<id>.scope`, `kubepods-…:cri-containerd:<id>`.
 */
const CONTAINER_ID = /^(?:.*[-:])?([0-9a-f]{64}|[0-9a-f]{32}-\d{6,})(?:\.scope)?$/;
/** conmon watches the container from a group beside it. */
const CONTAINER_MONITOR = /(?:^|-)conmon-/;
/** `pod<uid>` of the cgroupfs driver; `…-pod<uid>.slice` of systemd, with `_` for `-`. Static pods' uids have no dashes. */
const POD_UID =
  /(?:^|-)pod([0-9a-f]{8}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{12})(?:\.slice)?(?::.*)?$/;

/** Reads container and pod from a path; the innermost of each counts, as for nodes that are containers themselves. */
export function describeCgroup(id: number, v1: boolean, path: string): Cgroup {
  let containerId: string | undefined;
  let podUid: string | undefined;
  for (const name of path.split("/").reverse()) {
    if (!CONTAINER_MONITOR.test(name)) containerId ??= CONTAINER_ID.exec(name)?.[1];
    podUid ??= POD_UID.exec(podPart(name))?.[1]?.replaceAll("_", "-");
  }
  return { id, v1, path, containerId, podUid };
}

/** Of `kubepods-…-pod<uid>.slice:cri-containerd:<id>`, what is before the colon. */
function podPart(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(0, colon);
}

/** Hierarchies that tell most about a process, best first; the kernel's half (bpf/process_path.bpf.h) uses the first three. */
const PREFERRED_HIERARCHIES: readonly string[] = ["", "memory", "pids", "systemd"];

/**
 * Chooses from the text of /proc/<pid>/cgroup: v2, unless all are in its root as on v1 and hybrid hosts, then a v1
 * hierarchy in which the process is in a group.
 */
export function chooseMembership(text: string): Membership {
  const memberships = parseMemberships(text).filter(({ path }) => path !== "/");
  for (const preferred of PREFERRED_HIERARCHIES) {
    const found = memberships.find(({ hierarchy }) => hierarchy.split(",").includes(preferred));
    if (found) return found;
  }
  return memberships[0] ?? { hierarchy: "", path: "/" };
}

/** Lines are `id:controllers:path`; a path outside our own cgroup namespace begins with `/..`, which says nothing. */
function parseMemberships(text: string): Membership[] {
  const memberships: Membership[] = [];
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    memberships.push({
      hierarchy: controllers.replace(/^name=/, ""),
      path: path.replace(/^(?:\/\.\.)+(?=\/|$)/, "").replace(/ \(deleted\)$/, "") || "/",
    });
  }
  return memberships;
}
