// Preloaded into a child process: makes the `nop` receiver do what NOP_THAT names.
import type { Component, ReceiverFactory } from "../../src/component/index.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { nopReceiverFactory } from "../../src/receivers/nop/factory.ts";

const behaviours: Readonly<Record<string, Partial<Component>>> = {
  hangs: { shutdown: () => new Promise(() => {}) },
  "does not start": { start: () => new Promise(() => {}) },
  "neither starts nor stops": {
    start: () => new Promise(() => {}),
    shutdown: () => new Promise(() => {}),
  },
  fails: {
    async start(host) {
      setTimeout(() => host.reportStatus("fatal_error", new Error("ring is gone")), 20);
    },
  },
  throws: {
    async start() {
      setTimeout(() => {
        throw new Error("nobody caught this");
      }, 20);
    },
  },
  "is broken": { start: () => Promise.reject(new TypeError("x is not a function")) },
  "cannot start": { start: () => Promise.reject(new Error("load http.bpf.o: operation not permitted")) },
};

const behaviour = behaviours[process.env.NOP_THAT ?? ""];
if (!behaviour) throw new Error(`set NOP_THAT to one of ${Object.keys(behaviours).join(", ")}`);
const factory: {
  -readonly [K in keyof ReceiverFactory<object, Signal>]: ReceiverFactory<object, Signal>[K];
} = nopReceiverFactory;
factory.create = () => ({ async start() {}, async shutdown() {}, ...behaviour });
