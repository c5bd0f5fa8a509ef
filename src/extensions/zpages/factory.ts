import type { ExtensionFactory } from "../../component/extension.ts";
import { type ZpagesConfig, zpagesConfig } from "./config.ts";
import { ZpagesExtension } from "./extension.ts";

/** `zpages`: pages about the running agent: its pipelines with live counters, its extensions, its feature gates. */
export const zpagesExtensionFactory: ExtensionFactory<ZpagesConfig> = {
  type: "zpages",
  stability: "beta",
  config: zpagesConfig,
  create: ({ logger }, config) => new ZpagesExtension(config, logger),
};
