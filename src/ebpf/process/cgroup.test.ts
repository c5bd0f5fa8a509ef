import { describe, expect, it } from "vitest";
import { chooseMembership, describeCgroup } from "./cgroup.ts";

const ID = "3f1e9a8d2c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1";
const OTHER = `${"0".repeat(63)}1`;
const UID = "8f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const UNDERSCORED = UID.replaceAll("-", "_");
const STATIC_UID = "0123456789abcdef0123456789abcdef";

const PATHS: ReadonlyArray<
  readonly [name: string, path: string, containerId?: string | undefined, podUid?: string | undefined]
> = [
  ["the root", "/"],
  ["a systemd service", "/system.slice/nginx.service"],
  ["a user session", "/user.slice/user-1000.slice/session-3.scope"],
  ["docker, cgroupfs", `/docker/${ID}`, ID],
  ["docker, systemd", `/system.slice/docker-${ID}.scope`, ID],
  ["docker, rootless", `/user.slice/user-1000.slice/user@1000.service/app.slice/docker-${ID}.scope`, ID],
  ["systemd inside docker", `/docker/${ID}/system.slice/nginx.service`, ID],
  ["docker inside docker", `/docker/${OTHER}/docker/${ID}`, ID],
  ["containerd by nerdctl", `/system.slice/nerdctl-${ID}.scope`, ID],
  ["containerd, namespace default", `/default/${ID}`, ID],
  ["podman", `/machine.slice/libpod-${ID}.scope`, ID],
  ["podman with crun's own group", `/machine.slice/libpod-${ID}.scope/container`, ID],
  ["podman, cgroupfs", `/libpod_parent/libpod-${ID}`, ID],
  ["podman, rootless", `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, ID],
  ["podman's monitor", `/machine.slice/libpod-conmon-${ID}.scope`],
  ["kubepods, cgroupfs, burstable", `/kubepods/burstable/pod${UID}/${ID}`, ID, UID],
  ["kubepods, cgroupfs, guaranteed", `/kubepods/pod${UID}/${ID}`, ID, UID],
  ["the pod itself", `/kubepods/besteffort/pod${UID}`, undefined, UID],
  [
    "kubepods, systemd, containerd",
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    UID,
  ],
  [
    "kubepods, systemd, guaranteed",
    `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    UID,
  ],
  [
    "kubepods, systemd, cri-o",
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDERSCORED}.slice/crio-${ID}.scope`,
    ID,
    UID,
  ],
  [
    "cri-o with crun's own group",
    `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-${ID}.scope/container`,
    ID,
    UID,
  ],
  [
    "cri-o's monitor",
    `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/crio-conmon-${ID}.scope`,
    undefined,
    UID,
  ],
  [
    "kubepods, systemd, cri-dockerd",
    `/kubepods.slice/kubepods-pod${UNDERSCORED}.slice/docker-${ID}.scope`,
    ID,
    UID,
  ],
  [
    "a static pod",
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC_UID}.slice/cri-containerd-${ID}.scope`,
    ID,
    STATIC_UID,
  ],
  [
    "containerd with the wrong cgroup driver",
    `/system.slice/containerd.service/kubepods-burstable-pod${UNDERSCORED}.slice:cri-containerd:${ID}`,
    ID,
    UID,
  ],
  [
    "kind: a node in a container",
    `/docker/${OTHER}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${UNDERSCORED}.slice/cri-containerd-${ID}.scope`,
    ID,
    UID,
  ],
  ["ECS on EC2", `/ecs/0a1b2c3d4e5f60718293a4b5c6d7e8f9/${ID}`, ID],
  [
    "Fargate",
    "/ecs/0a1b2c3d4e5f60718293a4b5c6d7e8f9/0a1b2c3d4e5f60718293a4b5c6d7e8f9-2531612879",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f9-2531612879",
  ],
  ["a cut path", `…/cri-containerd-${ID}.scope`, ID],
  ["63 digits", `/docker/${ID.slice(1)}`],
  ["65 digits", `/docker/a${ID}`],
  ["digits that are not hexadecimal", `/docker/${ID.replace("f", "g")}`],
  ["a service whose name has pod in it", "/system.slice/podman.service"],
];
const NAMED = PATHS.map(([name, path, containerId, podUid]) => ({ name, path, containerId, podUid }));

describe("describeCgroup", () => {
  it.each(NAMED)("reads container and pod from the path of $name", ({ path, containerId, podUid }) => {
    expect(describeCgroup(7, false, path)).toEqual({ id: 7, v1: false, path, containerId, podUid });
  });
});

describe("chooseMembership", () => {
  it("takes the one line of a unified host", () => {
    expect(chooseMembership("0::/system.slice/nginx.service\n")).toEqual({
      hierarchy: "",
      path: "/system.slice/nginx.service",
    });
  });

  it("prefers the unified hierarchy of a hybrid host when processes are in its groups", () => {
    const text =
      "4:memory:/system.slice/a.service\n1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service\n";
    expect(chooseMembership(text)).toEqual({ hierarchy: "", path: "/system.slice/b.service" });
  });

  it("takes memory where all processes are in the root of the unified hierarchy", () => {
    const text = `9:name=systemd:/\n8:pids:/\n4:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/x\n0::/\n`;
    expect(chooseMembership(text)).toEqual({ hierarchy: "memory", path: `/docker/${ID}` });
  });

  it("takes pids, then systemd's own hierarchy, then any other", () => {
    expect(chooseMembership("9:name=systemd:/a\n8:pids:/b\n4:memory:/\n0::/\n")).toEqual({
      hierarchy: "pids",
      path: "/b",
    });
    expect(chooseMembership("9:name=systemd:/a\n8:cpu,cpuacct:/b\n")).toEqual({
      hierarchy: "systemd",
      path: "/a",
    });
    expect(chooseMembership("8:cpu,cpuacct:/b\n")).toEqual({ hierarchy: "cpu,cpuacct", path: "/b" });
  });

  it("is the root when the process is in no group, or the text is not what it should be", () => {
    for (const text of ["", "0::/\n", "garbage\n::\n1:2\n"]) {
      expect(chooseMembership(text)).toEqual({ hierarchy: "", path: "/" });
    }
  });

  it("leaves out how a group outside our cgroup namespace is reached, and that it was removed", () => {
    expect(
      chooseMembership(`0::/../../kubepods-pod${UNDERSCORED}.slice/crio-${ID}.scope (deleted)\n`).path,
    ).toBe(`/kubepods-pod${UNDERSCORED}.slice/crio-${ID}.scope`);
  });

  it("keeps a colon in a path", () => {
    expect(chooseMembership("0::/a/kubepods:cri-containerd:b\n").path).toBe("/a/kubepods:cri-containerd:b");
  });
});
