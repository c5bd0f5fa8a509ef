// The receivers, in the order in which `components` lists them.
import type { Entry } from "../component/entry.ts";
import type { ReceiverFactory } from "../component/index.ts";
import type { Signal } from "../pdata/index.ts";

export const receivers: readonly Entry<ReceiverFactory<unknown, Signal>>[] = [
  { type: "ebpf_http", load: async () => (await import("./ebpf_http/factory.ts")).ebpfHttpReceiverFactory },
  { type: "nop", load: async () => (await import("./nop/factory.ts")).nopReceiverFactory },
  { type: "otlp", load: async () => (await import("./otlp/factory.ts")).otlpReceiverFactory },
];
