// Processes and workers that end while they use the addon, at every step: they end as they meant to, never by a crash.
import { expect, test } from "vitest";
import { describeBpf } from "../support/describe-bpf.ts";
import { NATIVE, runChild } from "../support/native-child.ts";

/** Brings an object to each step of its life; the child then ends. */
const STEPS: Readonly<Record<string, string>> = {
  "with the addon loaded": "",
  "with an object open": `const object = open("ring");`,
  "after a refused load": `try { open("refused").load(); } catch {}`,
  "with an object loaded": `const object = load("ring");`,
  "with programs attached": `
    const object = load("attach");
    object.program("on_raw_tracepoint").attach();
    object.program("on_uprobe").attachUprobe(process.execPath, { symbol: "uv_os_gethostname" });
    object.program("on_perf_event").attachPerfEvent({ config: "cpu_clock", frequencyHz: 100, cpu: 0 });
    libbpf.enableStats();`,
  "with ring memory mapped": `
    const object = load("ring");
    globalThis.memory = [object.map("records").ring(), object.map("counters").memory()];`,
  "with everything closed": `
    const object = load("ring");
    globalThis.memory = object.map("records").ring();
    object.program("write_records").attach();
    object.close();`,
};

/** Ways to end, each with what becomes of the process. */
const ENDS: readonly { readonly name: string; readonly program: string; readonly ended: object }[] = [
  { name: "runs out", program: "", ended: { code: 0, signal: null, stderr: "" } },
  { name: "calls process.exit", program: "process.exit(3);", ended: { code: 3, signal: null, stderr: "" } },
  {
    name: "throws",
    program: `throw new Error("nobody catches this");`,
    ended: { code: 1, signal: null, stderr: expect.stringContaining("nobody catches this") },
  },
];

/** Runs the program in several workers of one child, each ended by the child after a random time. */
function endingWorkers(program: string, rounds: number, maxMs: number): string {
  const worker = `
    import { parentPort } from "node:worker_threads";
    import { libbpf, open, load, args, u32 } from ${NATIVE};
    parentPort.postMessage("ready");
    ${program}`;
  return `
    const unexpected = [];
    const round = async () => {
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
      worker.on("error", (error) => unexpected.push(error.stack));
      await new Promise((resolve) => worker.once("message", resolve).once("exit", resolve));
      await sleep(Math.random() * ${maxMs});
      await worker.terminate();
    };
    for (let i = 0; i < ${rounds}; i++) await Promise.all([round(), round()]);
    console.log("survived", unexpected.length, unexpected[0] ?? "");
  `;
}

const SURVIVED = { code: 0, signal: null, stdout: "survived 0 \n", stderr: "" };

describeBpf("a process that ends", () => {
  for (const [step, program] of Object.entries(STEPS)) {
    test(`${step} ends as it meant to, however it ends`, async () => {
      const ended = await Promise.all(ENDS.map((end) => runChild(`${program}\n${end.program}`)));
      for (const [index, end] of ENDS.entries()) expect(ended[index], end.name).toMatchObject(end.ended);
    });
  }

  test("by SIGTERM, with programs attached, ends by that signal or its handler", async () => {
    const program = `${STEPS["with programs attached"]} console.log("ready"); setInterval(() => {}, 1000);`;
    const [bare, handled] = await Promise.all([
      runChild(program, { signal: "SIGTERM" }),
      runChild(`process.on("SIGTERM", () => process.exit(5));${program}`, { signal: "SIGTERM" }),
    ]);
    expect(bare).toMatchObject({ code: null, signal: "SIGTERM", stderr: "" });
    expect(handled).toMatchObject({ code: 5, signal: null, stderr: "" });
  });

  test("while it loads and closes without a pause, ends by the signal or by its own exit", async () => {
    const busy = `
      let rounds = 0;
      for (;;) {
        const object = load("attach");
        object.program("on_raw_tracepoint").attach();
        if (rounds++ === 5) console.log("busy");
        object.close();
      }`;
    const exiting = `
      setTimeout(() => process.exit(4), 60);
      const round = () => { load("attach").program("on_raw_tracepoint").attach(); setImmediate(round); };
      round();`;
    const ended = await Promise.all([
      runChild(busy, { signal: "SIGTERM" }),
      runChild(busy, { signal: "SIGKILL" }),
      runChild(exiting),
    ]);
    expect(ended).toMatchObject([
      { code: null, signal: "SIGTERM" },
      { code: null, signal: "SIGKILL" },
      { code: 4, signal: null, stderr: "" },
    ]);
  });

  test("in the middle of reading a map or a ring, ends with its own code", async () => {
    const program = `
      const object = load("maps");
      const map = object.map("hash");
      for (let key = 0; key < 5000; key++) map.update(u32(key), Buffer.alloc(16));
      process.on("exit", () => {
        object.close();
        try { map.readAll(Buffer.alloc(20000), Buffer.alloc(80000)); } catch { process.exitCode = 6; }
      });
      map.readAll(Buffer.alloc(20000), Buffer.alloc(80000));
      process.exit();`;
    expect(await runChild(program)).toMatchObject({ code: 6, signal: null, stderr: "" });
  });
});

describeBpf("workers", () => {
  test("load and use the addon at once, each its own, with the main thread beside them", async () => {
    const program = `
      const use = (seed) => {
        for (let round = 0; round < 20; round++) {
          const object = load("maps", { maps: { hash: { maxEntries: 100 + seed } } });
          for (let i = 1; i <= 50; i++) object.program("count_on_cpu").testRun(args(seed, 1));
          const map = object.map("percpu_array");
          const value = new BigUint64Array(map.valueSize / 8);
          map.lookup(u32(1), new Uint8Array(value.buffer));
          const sum = value.reduce((total, part) => total + part, 0n);
          if (sum !== BigInt(50 * seed)) throw new Error(sum + " counted with " + seed);
          try { open("refused").load(); throw new Error("taken"); } catch (error) {
            if (!/invalid mem access/.test(error.cause)) throw error;
          }
          object.close();
        }
      };
    `;
    const worker = `
      import { workerData } from "node:worker_threads";
      import { open, load, args, u32 } from ${NATIVE};
      ${program}
      use(workerData);`;
    const ended = await runChild(`
      ${program}
      const start = (workerData) => new Promise((resolve, reject) => {
        new Worker(${JSON.stringify(worker)}, { eval: true, workerData }).on("error", reject).on("exit", resolve);
      });
      const ends = [start(3), start(5), start(7)];
      use(11);
      console.log(...await Promise.all(ends));
    `);
    expect(ended).toEqual({ code: 0, signal: null, stdout: "0 0 0\n", stderr: "" });
  });

  test("load the addon again after the last that had it has ended", async () => {
    const worker = `
      import { load } from ${NATIVE};
      globalThis.kept = load("ring").map("records").ring();`;
    const ended = await runChild(
      `for (let i = 0; i < 8; i++)
        await new Promise((resolve, reject) =>
          new Worker(${JSON.stringify(worker)}, { eval: true }).on("error", reject).on("exit", resolve));
      console.log("done");`,
      { addon: false }, // The main thread must not hold the addon.
    );
    expect(ended).toEqual({ code: 0, signal: null, stdout: "done\n", stderr: "" });
  });

  for (const [what, program] of Object.entries({
    "with open objects": `
      const object = load("attach");
      object.program("on_raw_tracepoint").attach();
      globalThis.memory = object.map("runs").memory();
      setInterval(() => {}, 1000);`,
    "in the middle of loading": `
      for (;;) { const object = load("attach"); object.program("on_raw_tracepoint").attach(); object.close(); }`,
    "in the middle of errors": `
      const object = load("maps");
      const map = object.map("hash");
      for (;;) {
        try { map.update(u32(1), Buffer.alloc(16), "exist"); } catch {}
        try { map.lookup(u32(1)); } catch {}
        try { object.program("nothing"); } catch {}
        try { open("rodata", { rodata: { u8_value: 1000 } }); } catch {}
      }`,
    "in the middle of answers": `
      const object = load("maps");
      const shapes = open("structs");
      for (;;) { object.maps; object.programs; shapes.structs(); object.program("churn").info(); }`,
    "in the middle of reading": `
      const object = load("maps");
      const map = object.map("hash");
      for (let key = 0; key < 5000; key++) map.update(u32(key), Buffer.alloc(16));
      for (;;) map.readAll(Buffer.alloc(20000), Buffer.alloc(80000));`,
    "in the middle of mapping memory": `
      const object = load("ring");
      for (;;) { object.map("records").ring(); object.map("counters").memory(); }`,
  })) {
    test(`terminated ${what} leave their process unharmed`, async () => {
      expect(await runChild(endingWorkers(program, 6, 15))).toEqual(SURVIVED);
    });
  }
});
