// A thousand objects opened, loaded, attached, read and closed leave neither memory nor descriptors behind.
import { beforeAll, expect, test } from "vitest";
import { describeBpf } from "../support/describe-bpf.ts";
import { runChild } from "../support/native-child.ts";

const ROUNDS = 1000;
/** Runs seldom: an emulated 5.10 hangs when a tracepoint that all CPUs pass is patched thousands of times. */
const QUIET = "sched_process_exec";
const WARM_UP_ROUNDS = 200;
/** Under emulation a thousand take minutes: as many are done as fit. */
const LIMIT_MS = 20_000;
/** A page a round that leaked would be 4 MB; the heap's own breathing is below this. */
const SLACK_BYTES = 2 << 20;

interface Growth {
  readonly bytes: number;
  readonly descriptors: number;
  readonly mappings: number;
}

/** Measures `round` in a process of its own: growth of anonymous memory, of descriptors and of mappings. */
async function growth(round: string): Promise<Growth> {
  const ended = await runChild(`
    import { readdirSync, readFileSync } from "node:fs";
    import { setFlagsFromString } from "node:v8";
    import { runInNewContext } from "node:vm";
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    const round = (i) => { ${round} };
    const run = async (rounds) => {
      const until = Date.now() + ${LIMIT_MS};
      for (let i = 0; i < rounds && Date.now() < until; i++) { round(i); if (i % 50 === 0) { collect(); await sleep(0); } }
      for (let i = 0; i < 5; i++) { collect(); await sleep(5); }
      const status = readFileSync("/proc/self/status", "utf8");
      return {
        bytes: Number(/RssAnon:\\s+(\\d+) kB/.exec(status)[1]) * 1024,
        descriptors: readdirSync("/proc/self/fd").length,
        mappings: readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.includes("bpf")).length,
      };
    };
    const before = await run(${WARM_UP_ROUNDS});
    const after = await run(${ROUNDS});
    console.log(JSON.stringify({
      bytes: after.bytes - before.bytes,
      descriptors: after.descriptors - before.descriptors,
      mappings: after.mappings - before.mappings,
    }));
  `);
  if (ended.code !== 0) throw new Error(`ended with ${ended.code ?? ended.signal}: ${ended.stderr}`);
  return JSON.parse(ended.stdout);
}

const PROGRAMS: Readonly<Record<string, string>> = {
  "of open, load, attach, map memory, close": `
    const object = load("attach", { rodata: { target_pid: 1 } });
    object.program("on_raw_tracepoint").attachRawTracepoint("${QUIET}");
    object.map("runs").memory();
    object.close();`,
  "that are refused": `
    try { open("refused").load(); } catch {}
    try { open("rodata", { rodata: { nothing: 1 } }); } catch {}
    try { libbpf.open("scrap", Buffer.alloc(100)); } catch {}
    const object = open("ring");
    object.structs();
    object.close();
    try { object.map("records"); } catch {}`,
  "of objects that nobody closes": `
    const object = load("ring");
    object.map("records").ring();
    object.program("write_records").testRun(args(1, 8));`,
  "of maps read and links closed": `
    const object = globalThis.kept ??= load("maps");
    const map = object.map("percpu_array");
    map.readAll(Buffer.alloc(16), Buffer.alloc(4 * map.valueSize));
    object.program("churn").attachRawTracepoint("${QUIET}").close();
    object.program("churn").info();
    if (i % 50 === 0) {
      libbpf.enableStats().close();
      libbpf.probe({ rawTracepoint: "sys_enter" });
      libbpf.probe({ helper: 14, program: "raw_tracepoint" });
    }
    try { map.lookup(u32(1), Buffer.alloc(1)); } catch {}`,
};

describeBpf(`${ROUNDS} rounds`, () => {
  // Side by side: most of their time the kernel waits until no CPU runs a detached program.
  const grown = new Map<string, Growth>();
  beforeAll(async () => {
    const measure = async ([what, round]: [string, string]) => grown.set(what, await growth(round));
    const measured = await Promise.allSettled(Object.entries(PROGRAMS).map(measure)); // Waits for all to end.
    for (const result of measured) if (result.status === "rejected") throw result.reason;
  });

  for (const what of Object.keys(PROGRAMS)) {
    test(`${what} leave nothing behind`, () => {
      const { bytes, descriptors, mappings } = grown.get(what)!;
      expect({ descriptors, mappings }).toEqual({ descriptors: 0, mappings: 0 });
      expect(bytes).toBeLessThan(SLACK_BYTES);
    });
  }
});
