import { describe, expect, it } from "vitest";
import { describeCgroup } from "./cgroup.ts";
import { parseResourceAttributes } from "./environment.ts";
import type { Process } from "./process.ts";
import { Procfs } from "./procfs.ts";
import { Services } from "./service.ts";

const HOST = { name: "node-1", id: "0123456789abcdef0123456789abcdef" };
const services = new Services(HOST, new Procfs("/nowhere", "/nowhere"));

function processWith(change: Partial<Process>, serviceName?: string, attributes = ""): Process {
  return {
    pid: 4242,
    startNs: 12_340_000_000,
    parentPid: 1,
    executable: "/usr/bin/python3.11",
    command: "gunicorn",
    args: ["/usr/bin/python3", "app.py"],
    uid: 0,
    netns: 1,
    cgroup: describeCgroup(1, false, "/"),
    environment: { serviceName, resourceAttributes: parseResourceAttributes(attributes) },
    kernelThread: false,
    exitNs: undefined,
    ...change,
  };
}

describe("Services", () => {
  it("describes a process without any hint by its executable", () => {
    expect(services.serviceOf(processWith({})).attributes).toEqual([
      ["service.name", "python3.11"],
      ["service.instance.id", "b1cd5782-2575-5fcc-ba30-14aae1116e4b"],
      ["process.pid", 4242],
      ["process.executable.name", "python3.11"],
      ["process.executable.path", "/usr/bin/python3.11"],
      ["process.command", "/usr/bin/python3"],
      ["process.runtime.name", "cpython"],
      ["host.name", "node-1"],
      ["host.id", "0123456789abcdef0123456789abcdef"],
    ]);
  });

  it("takes what the environment says before what it finds", () => {
    const attributes = "service.name=no,service.namespace=shop,service.instance.id=i-1,host.name=h,team=a";
    const service = services.serviceOf(processWith({}, "cart", attributes));
    expect(service).toMatchObject({ name: "cart", namespace: "shop", instanceId: "i-1" });
    const resource = Object.fromEntries(service.attributes);
    expect(resource).toMatchObject({
      "service.name": "cart",
      "service.namespace": "shop",
      "service.instance.id": "i-1",
      "host.name": "h",
      team: "a",
    });
  });

  it("takes service.name of OTEL_RESOURCE_ATTRIBUTES where OTEL_SERVICE_NAME is not set", () => {
    expect(services.serviceOf(processWith({}, undefined, "service.name=checkout")).name).toBe("checkout");
  });

  it("names container and pod", () => {
    const id = "a".repeat(64);
    const path = `/kubepods/pod8f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/${id}`;
    const { attributes } = services.serviceOf(processWith({ cgroup: describeCgroup(1, false, path) }));
    expect(Object.fromEntries(attributes)).toMatchObject({
      "container.id": id,
      "k8s.pod.uid": "8f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    });
  });

  it("falls back to the command, and at last to what the specification says", () => {
    expect(services.serviceOf(processWith({ executable: "", command: "kworker/0:1" })).name).toBe(
      "kworker/0:1",
    );
    expect(services.serviceOf(processWith({ executable: "", command: "" })).name).toBe("unknown_service");
  });

  it("gives each process an instance id of its own, the same for every agent and however the start is known", () => {
    const id = services.serviceOf(processWith({})).instanceId;
    expect(services.serviceOf(processWith({ startNs: 12_345_678_901 })).instanceId).toBe(id);
    expect(services.serviceOf(processWith({ startNs: 12_350_000_000 })).instanceId).not.toBe(id);
    expect(services.serviceOf(processWith({ pid: 4243 })).instanceId).not.toBe(id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("describes a process once", () => {
    const process = processWith({});
    expect(services.serviceOf(process)).toBe(services.serviceOf(process));
  });
});
