// The extensions, in the order in which `components` lists them.
import type { Entry } from "../component/entry.ts";
import type { ExtensionFactory } from "../component/extension.ts";

export const extensions: readonly Entry<ExtensionFactory<unknown>>[] = [
  {
    type: "file_storage",
    load: async () => (await import("./file_storage/factory.ts")).fileStorageExtensionFactory,
  },
  {
    type: "health_check",
    load: async () => (await import("./health_check/factory.ts")).healthCheckExtensionFactory,
  },
  { type: "zpages", load: async () => (await import("./zpages/factory.ts")).zpagesExtensionFactory },
];
