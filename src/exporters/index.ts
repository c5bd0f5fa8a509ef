// The exporters, in the order in which `components` lists them.
import type { Entry } from "../component/entry.ts";
import type { ExporterFactory } from "../component/index.ts";
import type { Signal } from "../pdata/index.ts";

export const exporters: readonly Entry<ExporterFactory<unknown, Signal>>[] = [
  { type: "console", load: async () => (await import("./console/factory.ts")).consoleExporterFactory },
  { type: "debug", load: async () => (await import("./debug/factory.ts")).debugExporterFactory },
  { type: "file", load: async () => (await import("./file/factory.ts")).fileExporterFactory },
  { type: "nop", load: async () => (await import("./nop/factory.ts")).nopExporterFactory },
  {
    type: "otlp_grpc",
    aliases: ["otlp"],
    load: async () => (await import("./otlp_grpc/factory.ts")).otlpGrpcExporterFactory,
  },
  {
    type: "otlp_http",
    aliases: ["otlphttp"],
    load: async () => (await import("./otlp_http/factory.ts")).otlpHttpExporterFactory,
  },
  {
    type: "prometheus",
    load: async () => (await import("./prometheus/factory.ts")).prometheusExporterFactory,
  },
];
