import { expect, test } from "vitest";
import type { BpfObject, BpfProgram, Libbpf, ObjectOptions } from "../../native/libbpf.ts";
import { type HttpTapSettings, openHttpTap } from "./open.ts";

const SETTINGS: HttpTapSettings = {
  agentPid: 77,
  server: true,
  client: false,
  spans: true,
  bodySizes: false,
  requestCaptureBytes: 512,
  responseCaptureBytes: 0,
  routesLimit: 100,
  wholePaths: false,
  boundariesNs: [5n, 10n],
  sizeBoundariesBytes: [],
  anyProcess: { include: 1, exclude: 0 },
  anyPort: { include: 2, exclude: 4 },
  ports: new Map([[8080, { include: 1, exclude: 0 }]]),
  processSelectors: false,
};
const SECTIONS = {
  trace_inet_sock_set_state: "raw_tp/inet_sock_set_state",
  trace_sock_send_length: "?raw_tp/sock_send_length",
  trace_sock_recv_length: "?raw_tp/sock_recv_length",
  trace_inet_sendmsg_fexit: "?fexit/inet_sendmsg",
  trace_inet_sendpage_fexit: "?fexit/inet_sendpage",
};

interface Host {
  /** What the kernel does not have, by the hook's name, with its reason. */
  readonly missing?: Readonly<Record<string, string>>;
  /** Why programs of these names are refused when they are loaded. */
  readonly refused?: RegExp;
}

/** A kernel that says no where it is told to. Records what was asked of it. */
class FakeLibbpf implements Libbpf {
  readonly version = "fake";
  readonly opened: ObjectOptions[] = [];
  readonly attached: string[] = [];
  openObjects = 0;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  open(_name: string, _bytes: Uint8Array, options: ObjectOptions = {}): BpfObject {
    this.openObjects++;
    this.opened.push(options);
    const programs = Object.entries(SECTIONS).map(
      ([name, section]) =>
        ({
          name,
          section,
          autoload: options.autoload?.[name] ?? !section.startsWith("?"),
          attach: () => {
            this.attached.push(name);
            return { close: () => this.attached.splice(this.attached.indexOf(name), 1) };
          },
        }) as unknown as BpfProgram,
    );
    const map = {
      name: "ports",
      keySize: 2,
      maxEntries: 1,
      update: () => undefined,
      ring: () => ({ consumer: new ArrayBuffer(8), producer: new ArrayBuffer(8), data: new ArrayBuffer(64) }),
      memory: () => new ArrayBuffer(64),
    };
    return {
      programs,
      maps: [],
      map: () => map,
      load: () => {
        const bad = programs.find(({ name, autoload }) => autoload && this.#host.refused?.test(name));
        if (bad) throw Object.assign(new Error(`load ${bad.name}: EPERM`), { code: "EPERM" });
      },
      close: () => this.openObjects--,
    } as unknown as BpfObject;
  }

  possibleCpus(): number {
    return 2;
  }
  enableStats(): never {
    throw new Error("not used");
  }
  trimMemory(): never {
    throw new Error("not used");
  }
  probe(feature: object): string | undefined {
    return this.#host.missing?.[String(Object.values(feature)[0])];
  }
}

test("takes the raw tracepoints where they are, and nothing else", () => {
  const libbpf = new FakeLibbpf({});
  expect(openHttpTap(libbpf, Buffer.alloc(0), SETTINGS).hook).toBe("raw_tp");
  expect(libbpf.attached).toEqual([
    "trace_inet_sock_set_state",
    "trace_sock_send_length",
    "trace_sock_recv_length",
  ]);
});

test("falls back to the next set, without the hooks of it that are not there", () => {
  const missing = { sock_send_length: "ENOENT", inet_sendpage: "ESRCH" };
  const libbpf = new FakeLibbpf({ missing });
  expect(openHttpTap(libbpf, Buffer.alloc(0), SETTINGS).hook).toBe("fexit");
  expect(libbpf.attached).toEqual(["trace_inet_sock_set_state", "trace_inet_sendmsg_fexit"]);
});

test("falls back too when programs are refused, and leaves nothing open of them", () => {
  const libbpf = new FakeLibbpf({ refused: /_length$/ });
  const tap = openHttpTap(libbpf, Buffer.alloc(0), SETTINGS);
  expect(tap.hook).toBe("fexit");
  expect(libbpf.openObjects).toBe(1);
  tap.close();
  expect(libbpf.openObjects).toBe(0);
  expect(libbpf.attached).toEqual([]);
});

test("says in one sentence what was tried, why it failed and what to do", () => {
  const libbpf = new FakeLibbpf({
    missing: { sock_send_length: "ENOENT: no such tracepoint", inet_sendmsg: "EINVAL: invalid argument" },
  });
  expect(() => openHttpTap(libbpf, Buffer.alloc(0), SETTINGS)).toThrow(
    /^cannot watch sockets \(raw_tp: ENOENT: no such tracepoint; tracepoint: not part of this build; fexit: EINVAL: invalid argument; kprobe: not part of this build; syscalls: not part of this build\): .+/,
  );
  expect(libbpf.openObjects).toBe(0);
});

test("tries nothing but the set that is forced", () => {
  const libbpf = new FakeLibbpf({ missing: { inet_sendmsg: "EINVAL" } });
  const forced = { ...SETTINGS, hook: "fexit" };
  expect(() => openHttpTap(libbpf, Buffer.alloc(0), forced)).toThrow("cannot watch sockets (fexit: EINVAL)");
});

test("hands the settings over as the programs have them", () => {
  const libbpf = new FakeLibbpf({});
  openHttpTap(libbpf, Buffer.alloc(0), SETTINGS);
  const { rodata } = libbpf.opened.at(-1)!;
  expect(rodata).toMatchObject({ agent_tgid: 77, roles: 1, spans_enabled: 1, shard_mask: 1, boundaries: 2 });
  const bounds = rodata!.boundaries_ns as Buffer;
  expect([bounds.length, bounds.readBigUInt64LE(0), bounds.readBigUInt64LE(8)]).toEqual([192, 5n, 10n]);
  expect(Buffer.from(rodata!.any_port as Buffer).toString("hex")).toBe("0200000004000000");
});
