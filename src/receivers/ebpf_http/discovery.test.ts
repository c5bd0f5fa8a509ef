import { expect, test } from "vitest";
import { fakeSource, process } from "../../../test/support/http-source.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { ebpfHttpConfig } from "./config.ts";
import { Discovery } from "./discovery.ts";
import { ProcessSelection } from "./process-selection.ts";

function discovery(include: object[], exclude: object[] = []): Discovery {
  return new Discovery(parseConfig(ebpfHttpConfig, { discovery: { include, exclude } }).discovery);
}

/** Whether requests of the process to a server on `port` are watched. */
function selects(rules: Discovery, port: number, fields: Parameters<typeof process>[0] = {}): boolean {
  const { include, exclude } = rules.bitsOf(process(fields));
  return rules.selects(include, exclude, port);
}

test("selects everything where nothing is said", () => {
  const rules = discovery([]);
  expect(rules.anyProcess).toEqual({ include: 1, exclude: 0 });
  expect(rules.anyPort).toEqual({ include: 1, exclude: 0 });
  expect(selects(rules, 1)).toBe(true);
});

test("gives entry i bit i, in the part that it asks something of", () => {
  const rules = discovery(
    [{ port: 8080 }, { executable: "*/nginx" }, { pid: 4242, port: 80 }],
    [{ port: 9090 }],
  );
  expect(rules.anyProcess).toEqual({ include: 0b001, exclude: 0b1 });
  expect(rules.anyPort).toEqual({ include: 0b010, exclude: 0 });
  expect(rules.ports).toEqual(
    new Map([
      [8080, { include: 0b001, exclude: 0 }],
      [80, { include: 0b100, exclude: 0 }],
      [9090, { include: 0, exclude: 0b1 }],
    ]),
  );
  expect(rules.bitsOf(process({ executable: "/usr/sbin/nginx" }))).toEqual({ include: 0b111, exclude: 0b1 });
  expect(rules.bitsOf(process({ pid: 7 }))).toEqual({ include: 0b001, exclude: 0b1 });
});

test("asks for all keys of one entry, and for one of the entries", () => {
  const rules = discovery([
    { executable: "*/shop", port: 80 },
    { cgroup: "/system.slice/*.service", port: 81 },
  ]);
  expect([80, 81, 82].map((port) => selects(rules, port))).toEqual([true, true, false]);
  expect(selects(rules, 80, { executable: "/usr/bin/workshop" })).toBe(false);
  expect(selects(rules, 81, { cgroup: { ...process().cgroup, path: "/user.slice" } })).toBe(false);
});

test("lets an exclude entry win", () => {
  const rules = discovery([], [{ executable: "*/shop", port: 80 }, { pid: 9 }]);
  expect([80, 81].map((port) => selects(rules, port))).toEqual([false, true]);
  expect(selects(rules, 81, { pid: 9 })).toBe(false);
});

test("takes all 32 entries", () => {
  const rules = discovery(Array.from({ length: 32 }, (_, i) => ({ port: i + 1 })));
  expect(selects(rules, 32)).toBe(true);
  expect(selects(rules, 33)).toBe(false);
});

test("matches globs as a whole, with everything else taken literally", () => {
  const matches = (executable: string, glob: string) =>
    selects(discovery([{ executable: glob }]), 1, { executable });
  expect(matches("/opt/a.b/x+y(1)", "/opt/a.b/x+y(?)")).toBe(true);
  expect(matches("/opt/aXb/x", "/opt/a.b/x")).toBe(false);
  expect(matches("/opt/nginx-debug", "*/nginx")).toBe(false);
});

test("keeps the kernel told of processes as they come and go", () => {
  const source = fakeSource();
  const selection = new ProcessSelection(discovery([{ executable: "*/shop" }]), source.processes, source.tap);
  selection.start();
  expect([...source.tap.selected]).toEqual([[4242, { include: 1, exclude: 0 }]]);
  expect(source.tap.reselections).toBe(1);
  source.processes.found(process({ pid: 5, executable: "/bin/sh" }));
  source.processes.found(process({ executable: "/bin/other", args: ["other"] })); // an exec
  selection.flush();
  selection.flush();
  expect([...source.tap.selected]).toEqual([
    [4242, { include: 0, exclude: 0 }],
    [5, { include: 0, exclude: 0 }],
  ]);
  expect(source.tap.reselections).toBe(2);
  source.processes.missed(process({ pid: 5 }));
  expect([...source.tap.selected.keys()]).toEqual([4242]);
  selection.stop();
  source.processes.found(process({ pid: 6 }));
  expect([...source.tap.selected.keys()]).toEqual([4242]);
});

test("tells the kernel nothing of processes where no entry asks for any", () => {
  const source = fakeSource();
  new ProcessSelection(discovery([{ port: 80 }]), source.processes, source.tap).start();
  expect(source.tap.selected.size).toBe(0);
});
