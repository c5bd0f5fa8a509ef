import { chooseMembership, describeCgroup } from "../../../ebpf/process/cgroup.ts";
import { CONTAINER_ID } from "../../../semconv/container.ts";
import { K8S_POD_UID } from "../../../semconv/k8s.ts";
import type { Detected, Surroundings } from "./index.ts";

/** The container, and the pod, that the agent itself runs in, by its control group; nothing outside of containers. */
export function detectContainer({ readText }: Surroundings): Detected {
  const { path } = chooseMembership(readText("/proc/self/cgroup") ?? "");
  const own = describeCgroup(0, false, path);
  const containerId = own.containerId ?? containerOfMounts(readText("/proc/self/mountinfo") ?? "");
  const found: [string, string | undefined][] = [
    [CONTAINER_ID, containerId],
    [K8S_POD_UID, own.podUid],
  ];
  return new Map(found.filter(([, value]) => value !== undefined));
}

/** With a control group namespace of its own, the container's id shows only in what the runtime has mounted. */
function containerOfMounts(mountinfo: string): string | undefined {
  return /\/containers\/([0-9a-f]{64})\/(?:hostname|resolv\.conf|hosts)\b/.exec(mountinfo)?.[1];
}
