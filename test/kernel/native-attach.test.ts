// Programs attached to each kind of hook: they run while they are attached, and where the kernel has no such hook the
// error says so.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BpfLink, BpfObject } from "../../src/native/libbpf.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { fileOffset } from "../support/elf-symbol.ts";
import { args, libbpf, load, open, thrown } from "../support/native.ts";
import { runChild } from "../support/native-child.ts";

/** enum hook of native/test/attach.bpf.c. */
const HOOKS = {
  rawTracepoint: 0,
  tracepoint: 1,
  uprobe: 2,
  uretprobe: 3,
  cookie: 4,
  perfEvent: 5,
  kprobe: 6,
  kretprobe: 7,
  fentry: 8,
  fexit: 9,
} as const;

type Hook = keyof typeof HOOKS;

/** os.hostname() calls it once. */
const SYMBOL = "uv_os_gethostname";
/** Lies before it in the file. */
const OTHER_SYMBOL = "uv_os_getenv";
const NODE = process.execPath;

/** The attach object loaded for this process, and its counts. */
class Runs {
  readonly object: BpfObject;
  readonly #counts: BigUint64Array;

  constructor(autoload: Record<string, boolean> = {}) {
    this.object = load("attach", { rodata: { target_pid: process.pid }, autoload });
    this.#counts = new BigUint64Array(this.object.map("runs").memory());
  }

  /** Runs of a hook's program while `body` ran. */
  during(hook: Hook, body: () => void): number {
    const before = this.#counts[HOOKS[hook]] ?? 0n;
    body();
    return Number((this.#counts[HOOKS[hook]] ?? 0n) - before);
  }
}

function callHostname(times: number): void {
  for (let i = 0; i < times; i++) hostname();
}

/** Reads a file `times` times, each one vfs_read in the kernel. */
function read(times: number): void {
  const fd = openSync("/proc/version", "r");
  for (let i = 0; i < times; i++) readSync(fd, Buffer.alloc(1), 0, 1, 0);
  closeSync(fd);
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

let runs: Runs;

function loaded(): void {
  beforeAll(() => {
    runs = new Runs();
  });
  afterAll(() => runs.object.close());
}

describeBpf("a program on a raw tracepoint", () => {
  loaded();

  test("runs from its attaching to its closing, by its section's name or another", () => {
    const program = runs.object.program("on_raw_tracepoint");
    for (const attach of [() => program.attach(), () => program.attachRawTracepoint("sys_exit")]) {
      expect(runs.during("rawTracepoint", () => read(50))).toBe(0);
      const link = attach();
      expect(runs.during("rawTracepoint", () => read(50))).toBeGreaterThanOrEqual(50);
      link.close();
      link.close();
      expect(runs.during("rawTracepoint", () => read(50))).toBe(0);
    }
  });

  test("is refused by name where there is no such tracepoint", () => {
    expect(
      thrown(() => runs.object.program("on_raw_tracepoint").attachRawTracepoint("no_such")),
    ).toMatchObject({
      message: "attach on_raw_tracepoint to raw tracepoint no_such: ENOENT: no such file or directory",
      code: "ENOENT",
      cause: expect.stringContaining("failed to attach to raw tracepoint 'no_such'"),
    });
  });

  test("runs for each hook it is attached to, and stops with its object", () => {
    const own = new Runs();
    const program = own.object.program("on_raw_tracepoint");
    const links = [program.attach(), program.attachRawTracepoint("sys_exit")];
    const twice = own.during("rawTracepoint", () => read(50));
    expect(twice).toBeGreaterThanOrEqual(100);
    links[0]?.close();
    expect(own.during("rawTracepoint", () => read(50))).toBeLessThan(twice);
    own.object.close();
    expect(own.during("rawTracepoint", () => read(50))).toBe(0);
    for (const link of links) link.close();
  });

  test("stays attached while its link is kept, though its object was collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const attach = (): [BpfLink, BigUint64Array] => {
      const object = load("attach", { rodata: { target_pid: process.pid } });
      return [object.program("on_raw_tracepoint").attach(), new BigUint64Array(object.map("runs").memory())];
    };
    const [link, counts] = attach();
    for (let round = 0; round < 10; round++) {
      collect();
      await setImmediate();
    }
    const before = counts[0] ?? 0n;
    read(50);
    expect(Number((counts[0] ?? 0n) - before)).toBeGreaterThanOrEqual(50);
    link.close();
    const after = counts[0];
    read(50);
    expect(counts[0]).toBe(after);
  });
});

describeBpf("a program on a tracepoint", () => {
  const mounted = existsSync("/sys/kernel/tracing/events") || existsSync("/sys/kernel/debug/tracing/events");

  test("runs when the tracepoint does", async () => {
    // Where tracefs is not mounted, the child mounts it for itself alone.
    const mount = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"';
    const wrapper = mounted ? [] : ["unshare", "-m", "sh", "-c", mount, "sh"];
    const program = `
      import { execFileSync } from "node:child_process";
      const object = load("attach", { rodata: { target_pid: process.pid } });
      const counts = new BigUint64Array(object.map("runs").memory());
      const program = object.program("on_tracepoint");
      for (const attach of [() => program.attach(), () => program.attachTracepoint("sched", "sched_process_fork")]) {
        const before = counts[${HOOKS.tracepoint}];
        const link = attach();
        execFileSync("true");
        link.close();
        const during = counts[${HOOKS.tracepoint}];
        execFileSync("true");
        console.log(during > before, counts[${HOOKS.tracepoint}] === during);
      }
      try { program.attachTracepoint("sched", "no_such"); } catch (error) { console.log(error.message); }
    `;
    const ended = await runChild(program, { wrapper });
    expect(ended).toEqual({
      code: 0,
      signal: null,
      stdout:
        "true true\ntrue true\n" +
        "attach on_tracepoint to tracepoint sched:no_such: ENOENT: no such file or directory\n",
      stderr: "",
    });
  });

  test("is refused where tracefs is not mounted", async () => {
    if (mounted) return expect(libbpf.probe({ tracepoint: "sched:sched_process_fork" })).toBeUndefined();
    const object = load("attach");
    expect(thrown(() => object.program("on_tracepoint").attach())).toMatchObject({
      code: "ENOENT",
      cause: expect.stringContaining(
        "failed to determine tracepoint 'sched/sched_process_fork' perf event ID",
      ),
    });
    object.close();
  });
});

describeBpf("a program on a function of user space", () => {
  loaded();

  test("runs at each call of the symbol, and at each return", () => {
    for (const [name, hook, retprobe] of [
      ["on_uprobe", "uprobe", false],
      ["on_uretprobe", "uretprobe", true],
    ] as const) {
      const link = runs.object.program(name).attachUprobe(NODE, { symbol: SYMBOL, retprobe });
      expect(runs.during(hook, () => callHostname(25))).toBe(25);
      link.close();
      expect(runs.during(hook, () => callHostname(25))).toBe(0);
    }
  });

  test("runs for the process it is meant for", () => {
    const program = runs.object.program("on_uprobe");
    const own = program.attachUprobe(NODE, { symbol: SYMBOL, pid: process.pid });
    expect(runs.during("uprobe", () => callHostname(5))).toBe(5);
    own.close();
    const others = program.attachUprobe(NODE, { symbol: SYMBOL, pid: process.ppid });
    expect(runs.during("uprobe", () => callHostname(5))).toBe(0);
    others.close();
  });

  test("is placed by the symbol's offset in the file too, and beyond it", () => {
    const offset = fileOffset(NODE, SYMBOL);
    const program = runs.object.program("on_uprobe");
    const link = program.attachUprobe(NODE, { offset });
    expect(runs.during("uprobe", () => callHostname(5))).toBe(5);
    link.close();
    // The place is what the two add up to.
    const after = program.attachUprobe(NODE, {
      symbol: OTHER_SYMBOL,
      offset: offset - fileOffset(NODE, OTHER_SYMBOL),
    });
    expect(runs.during("uprobe", () => callHostname(5))).toBe(5);
    after.close();
  });

  test("sees the cookie it was attached with, where the kernel has cookies", () => {
    if (libbpf.probe({ helper: 174, program: "kprobe" }) !== undefined) {
      expect(() => load("attach", { autoload: { on_cookie: true } })).toThrow("load attach: ");
      return;
    }
    const own = new Runs({ on_cookie: true });
    const cookie = 0xffff_ffff_ffffn;
    const link = own.object.program("on_cookie").attachUprobe(NODE, { symbol: SYMBOL, cookie });
    expect(own.during("cookie", () => callHostname(1))).toBe(Number(cookie));
    link.close();
    own.object.close();
  });

  test("is refused by name where file, symbol or place are not there", () => {
    const program = runs.object.program("on_uprobe");
    expect(thrown(() => program.attachUprobe(NODE, { symbol: "no_such_symbol" }))).toMatchObject({
      message: `attach on_uprobe to uprobe ${NODE}:no_such_symbol: ENOENT: no such file or directory`,
      code: "ENOENT",
      cause: expect.stringContaining("no_such_symbol"),
    });
    expect(thrown(() => program.attachUprobe("/no/such/file", { offset: 4 }))).toMatchObject({
      message: "attach on_uprobe to uprobe /no/such/file: ENOENT: no such file or directory",
    });
    expect(thrown(() => program.attachUprobe("/proc/version", { symbol: "main" })).message).toMatch(
      /^attach on_uprobe to uprobe \/proc\/version:main: /,
    );
    expect(() => program.attachUprobe(NODE, { offset: 2 ** 40 })).toThrow("EINVAL");
    expect(() => program.attachUprobe(1 as never, {})).toThrow();
  });
});

describeBpf("a program on a clock", () => {
  loaded();

  test("samples the CPU it was attached to", () => {
    const program = runs.object.program("on_perf_event");
    const links = [...Array(libbpf.possibleCpus()).keys()].flatMap((cpu) => {
      if (cpu > 0 && !existsSync(`/sys/devices/system/cpu/cpu${cpu}/online`)) return [];
      return [program.attachPerfEvent({ config: "cpu_clock", frequencyHz: 500, cpu })];
    });
    const spin = (): void => {
      const until = process.hrtime.bigint() + 200_000_000n;
      while (process.hrtime.bigint() < until);
    };
    expect(runs.during("perfEvent", spin)).toBeGreaterThan(5);
    for (const link of links) link.close();
    expect(runs.during("perfEvent", spin)).toBe(0);
  });

  test("is refused for a CPU that is not there", () => {
    const options = { config: "task_clock", frequencyHz: 10, cpu: 4095 } as const;
    expect(() => runs.object.program("on_perf_event").attachPerfEvent(options)).toThrow(
      /^open a perf event for on_perf_event: E(INVAL|NODEV): /,
    );
  });

  test("is refused for a program of another kind, leaving no descriptor open", () => {
    const options = { config: "cpu_clock", frequencyHz: 10, cpu: 0 } as const;
    const before = descriptors();
    for (let i = 0; i < 20; i++)
      expect(() => runs.object.program("on_raw_tracepoint").attachPerfEvent(options)).toThrow("EINVAL");
    expect(descriptors()).toBe(before);
  });
});

describeBpf("a program on a function of the kernel", () => {
  const kprobes = libbpf.probe({ kprobe: "vfs_read" });
  const fentry = libbpf.probe({ fentry: "vfs_read" });
  loaded();

  test(`by kprobe ${kprobes === undefined ? "runs at each call" : `is refused here (${kprobes})`}`, () => {
    for (const [name, hook] of [
      ["on_kprobe", "kprobe"],
      ["on_kretprobe", "kretprobe"],
    ] as const) {
      const program = runs.object.program(name);
      const retprobe = hook === "kretprobe";
      for (const attach of [() => program.attach(), () => program.attachKprobe("vfs_read", { retprobe })]) {
        if (kprobes !== undefined) {
          expect(thrown(attach).message).toMatch(new RegExp(`^attach ${name} to \\S+.*: E[A-Z]+: [a-z ]+$`));
          continue;
        }
        const link = attach();
        expect(runs.during(hook, () => read(20))).toBeGreaterThanOrEqual(20);
        link.close();
        expect(runs.during(hook, () => read(20))).toBe(0);
      }
      expect(() => program.attachKprobe("no_such_function")).toThrow(
        `attach ${name} to kprobe no_such_function: E`,
      );
    }
  });

  test(`by fentry ${fentry === undefined ? "runs at each call" : `is refused here (${fentry})`}`, () => {
    for (const [name, hook] of [
      ["on_fentry", "fentry"],
      ["on_fexit", "fexit"],
    ] as const) {
      if (fentry !== undefined) {
        const object = open("attach", { autoload: { [name]: true } });
        const error = thrown(() => {
          object.load();
          object.program(name).attach();
        });
        expect(error.message).toMatch(/^(load attach|attach \w+ to .*): E[A-Z]+: [a-z ]+$/);
        expect(error.cause).toContain(name);
        object.close();
        continue;
      }
      const own = new Runs({ [name]: true });
      const link = own.object.program(name).attach();
      expect(own.during(hook, () => read(20))).toBeGreaterThanOrEqual(20);
      link.close();
      expect(own.during(hook, () => read(20))).toBe(0);
      own.object.close();
    }
  });
});

describeBpf("a program run by hand", () => {
  test("gets its arguments and gives its result", () => {
    const object = load("maps");
    expect(object.program("write_mapped").testRun(args(1, 5))).toBe(0);
    expect(object.program("write_mapped").testRun(args(1, 5000))).toBe(0xffff_ffff);
    expect(() => object.program("write_mapped").testRun(args(1))).toThrow("run write_mapped: EINVAL");
    object.close();
  });

  test("is refused where the kernel can't run its kind by hand", () => {
    const object = load("attach");
    expect(() => object.program("on_uprobe").testRun()).toThrow(/^run on_uprobe: E[A-Z]+: /);
    object.close();
  });
});

describeBpf("a program's counts", () => {
  loaded();

  test("tell its size, and its runs and time only while statistics are on", () => {
    const program = runs.object.program("on_raw_tracepoint");
    const off = program.info();
    expect(off).toMatchObject({ runCount: 0n, runTimeNs: 0n });
    expect(off.id).toBeGreaterThan(0);
    expect(off.memlockBytes).toBeGreaterThan(0);
    expect(program.recursionMisses()).toBe(0n); // not attached, so never left out
    const link = program.attach();
    const statistics = libbpf.enableStats();
    read(200);
    statistics.close();
    statistics.close();
    const on = program.info();
    expect(on.runCount).toBeGreaterThanOrEqual(200n);
    expect(on.runTimeNs).toBeGreaterThan(on.runCount);
    if (readFileSync("/proc/sys/kernel/bpf_stats_enabled", "utf8").trim() === "0") {
      read(200);
      expect(program.info().runCount).toBeLessThan(on.runCount + 200n);
    }
    link.close();
  });
});
