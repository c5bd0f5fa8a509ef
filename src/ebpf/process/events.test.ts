import { describe, expect, it } from "vitest";
import { exec_event, exit_event, fork_event } from "../layouts.gen.ts";
import { decodeProcessEvent, splitArguments } from "./events.ts";

/** A record in the middle of a ring, between bytes that are not its own. */
function record(length: number, fill: (bytes: Buffer) => void): readonly [DataView, number, number] {
  const ring = Buffer.alloc(length + 64, 0xee);
  const bytes = ring.subarray(32, 32 + length).fill(0);
  fill(bytes);
  return [new DataView(ring.buffer, ring.byteOffset, ring.length), 32, length];
}

interface Text {
  readonly executable?: string;
  readonly cgroup?: string;
  readonly args?: string;
  readonly environment?: string;
  readonly flags?: number;
}

function execRecord({ executable = "", cgroup = "", args = "", environment = "", flags = 0 }: Text) {
  const text = Buffer.from(executable + cgroup + args + environment);
  return record(exec_event.size + text.length, (bytes) => {
    bytes.writeUInt32LE(1, exec_event.type);
    bytes.writeUInt32LE(77, exec_event.pid);
    bytes.writeUInt32LE(flags, exec_event.flags);
    bytes.writeBigUInt64LE(0x1_0000_0001n, exec_event.start_ns);
    bytes.write("prog", exec_event.comm);
    bytes.writeUInt16LE(Buffer.byteLength(executable), exec_event.executable_bytes);
    bytes.writeUInt16LE(Buffer.byteLength(cgroup), exec_event.cgroup_bytes);
    bytes.writeUInt16LE(Buffer.byteLength(args), exec_event.arguments_bytes);
    bytes.writeUInt16LE(Buffer.byteLength(environment), exec_event.environment_bytes);
    text.copy(bytes, exec_event.size);
  });
}

describe("decodeProcessEvent", () => {
  it("puts the parts of an exec event together", () => {
    const event = decodeProcessEvent(
      ...execRecord({
        executable: "nginx\0sbin\0usr\0",
        cgroup: "nginx.service\0system.slice\0",
        args: "nginx\0-g\0daemon off;\0",
        environment: "OTEL_SERVICE_NAME=web\0",
      }),
    );
    expect(event).toMatchObject({
      type: "exec",
      pid: 77,
      startNs: 4294967297,
      command: "prog",
      executable: "/usr/sbin/nginx",
      cgroup: { path: "/system.slice/nginx.service", v1: false },
      args: ["nginx", "-g", "daemon off;"],
      environment: { serviceName: "web" },
      truncated: false,
    });
  });

  it("shows where a path was cut", () => {
    const event = decodeProcessEvent(
      ...execRecord({ executable: "c\0b\0", cgroup: "z\0y\0", flags: 4 | 8 | 2 }),
    );
    expect(event).toMatchObject({
      executable: "…/b/c",
      cgroup: { path: "…/y/z", v1: true },
      truncated: true,
    });
  });

  it("takes no names for the root", () => {
    expect(decodeProcessEvent(...execRecord({}))).toMatchObject({ cgroup: { path: "/" }, args: [] });
  });

  it("reads nothing behind a record, whatever its lengths say", () => {
    const [view, offset, length] = execRecord({ executable: "a\0" });
    for (const field of [
      "executable_bytes",
      "cgroup_bytes",
      "arguments_bytes",
      "environment_bytes",
    ] as const) {
      view.setUint16(offset + exec_event[field], 0xffff, true);
    }
    expect(decodeProcessEvent(view, offset, length)).toMatchObject({
      executable: "/a",
      args: [],
      cgroup: { path: "/" },
    });
  });

  it("decodes a fork and an exit", () => {
    const forked = record(fork_event.size, (bytes) => {
      bytes.writeUInt32LE(2, fork_event.type);
      bytes.writeUInt32LE(78, fork_event.pid);
      bytes.writeUInt32LE(77, fork_event.parent_pid);
      bytes.writeUInt32LE(1 | 2, fork_event.flags);
      bytes.writeBigUInt64LE(9n, fork_event.cgroup_id);
      bytes.write("fifteen-bytes-x", fork_event.comm);
    });
    expect(decodeProcessEvent(...forked)).toEqual({
      type: "fork",
      pid: 78,
      startNs: 0,
      timeNs: 0,
      parentPid: 77,
      uid: 0,
      netns: 0,
      command: "fifteen-bytes-x",
      kernelThread: true,
      cgroupId: 9,
      cgroupV1: true,
    });
    const ended = record(exit_event.size, (bytes) => {
      bytes.writeUInt32LE(3, exit_event.type);
      bytes.writeUInt32LE(78, exit_event.pid);
      bytes.writeBigUInt64LE(5n, exit_event.time_ns);
    });
    expect(decodeProcessEvent(...ended)).toEqual({ type: "exit", pid: 78, startNs: 0, timeNs: 5 });
  });

  it("leaves alone what it does not know", () => {
    expect(
      decodeProcessEvent(...record(exit_event.size, (bytes) => bytes.writeUInt32LE(9, exit_event.type))),
    ).toBeUndefined();
  });
});

describe("splitArguments", () => {
  it("keeps empty arguments, and a last one that was cut", () => {
    expect(splitArguments(Buffer.from("a\0\0b\0"))).toEqual(["a", "", "b"]);
    expect(splitArguments(Buffer.from("a\0cu"))).toEqual(["a", "cu"]);
    expect(splitArguments(Buffer.from("\0"))).toEqual([""]);
    expect(splitArguments(Buffer.alloc(0))).toEqual([]);
  });
});
