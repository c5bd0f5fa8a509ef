// What probe() answers, held against what the kernel then does.
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { Feature } from "../../src/native/libbpf.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { libbpf, load, open } from "../support/native.ts";

const REASON = /^E[A-Z0-9]+: [a-z]/;
const REASON_AT_END = /: E[A-Z0-9]+: [a-z ]+$/;

/** Helper ids of linux/bpf.h. */
const HELPERS = { mapLookup: 1, pidTgid: 14, skbLoadBytes: 26, attachCookie: 174, none: 9999 } as const;

describeBpf("a probe", () => {
  test("finds what every kernel since 5.10 has", () => {
    const features: Feature[] = [
      { program: "raw_tracepoint" },
      { program: "tracepoint" },
      { program: "perf_event" },
      { program: "kprobe" },
      { map: "hash" },
      { map: "ringbuf" },
      { map: "percpu_array" },
      { rawTracepoint: "sys_enter" },
      { rawTracepoint: "sched_process_exec" },
      { helper: HELPERS.mapLookup, program: "raw_tracepoint" },
      { helper: HELPERS.pidTgid, program: "raw_tracepoint" },
    ];
    for (const feature of features) expect(libbpf.probe(feature), JSON.stringify(feature)).toBeUndefined();
  });

  test("gives a reason for what no kernel has", () => {
    const features: Feature[] = [
      { program: "no_such_type" },
      { map: "no_such_type" },
      { rawTracepoint: "no_such_tracepoint" },
      { tracepoint: "no_such:tracepoint" },
      { kprobe: "no_such_function" },
      { fentry: "no_such_function" },
      { helper: HELPERS.none, program: "raw_tracepoint" },
      { helper: HELPERS.mapLookup, program: "no_such_type" },
    ];
    for (const feature of features) expect(libbpf.probe(feature), JSON.stringify(feature)).toMatch(REASON);
  });

  test("does not take a helper of one kind of program for another's", () => {
    expect(libbpf.probe({ helper: HELPERS.skbLoadBytes, program: "sched_cls" })).toBeUndefined();
    expect(libbpf.probe({ helper: HELPERS.skbLoadBytes, program: "raw_tracepoint" })).toBe(
      "EOPNOTSUPP: operation not supported",
    );
  });

  test("of a helper says whether a program with it loads", () => {
    const answer = libbpf.probe({ helper: HELPERS.attachCookie, program: "kprobe" });
    const object = open("attach", { autoload: { on_cookie: true } });
    if (answer === undefined) object.load();
    else expect(() => object.load()).toThrow("load attach: ");
    object.close();
  });

  test("says where tracepoints are missing for want of tracefs", () => {
    const answer = libbpf.probe({ tracepoint: "sched:sched_process_fork" });
    expect(libbpf.probe({ tracepoint: "sched/sched_process_fork" })).toBe(answer);
    const mounted =
      existsSync("/sys/kernel/tracing/events") || existsSync("/sys/kernel/debug/tracing/events");
    expect(answer).toBe(
      mounted
        ? undefined
        : "ENOENT: no such file or directory; tracefs is not mounted at /sys/kernel/tracing",
    );
  });

  test("of kprobes and fentry says whether they attach", () => {
    for (const [feature, programs] of [
      [{ kprobe: "vfs_read" }, ["on_kprobe", "on_kretprobe"]],
      [{ fentry: "vfs_read" }, ["on_fentry", "on_fexit"]],
    ] as const) {
      const answer = libbpf.probe(feature);
      for (const name of programs) {
        const attach = (): void => {
          const object = load("attach", { autoload: { [name]: true } });
          object.program(name).attach();
          object.close();
        };
        if (answer === undefined) attach();
        else expect(attach, name).toThrow(REASON_AT_END);
      }
      if (answer !== undefined) expect(answer).toMatch(REASON);
    }
  });

  test("refuses a question it does not know", () => {
    for (const question of [{}, { porgram: "kprobe" }])
      expect(() => libbpf.probe(question as never)).toThrow("probe: no such kind of feature");
    for (const question of [undefined, null, { program: 1 }, { helper: "one", program: "kprobe" }])
      expect(() => libbpf.probe(question as never)).toThrow();
  });

  test("leaves no descriptor behind", () => {
    const ask = (): void => {
      libbpf.probe({ rawTracepoint: "sys_enter" });
      libbpf.probe({ kprobe: "vfs_read" });
      libbpf.probe({ fentry: "vfs_read" });
      libbpf.probe({ tracepoint: "sched:sched_process_fork" });
      libbpf.probe({ map: "ringbuf" });
      libbpf.probe({ helper: HELPERS.pidTgid, program: "raw_tracepoint" });
    };
    ask();
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 5; round++) ask();
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });
});
