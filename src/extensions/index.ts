// The extensions, in the order in which `components` lists them.
import type { Entry } from "../component/entry.ts";
import type { ExtensionFactory } from "../component/extension.ts";

export const extensions: readonly Entry<ExtensionFactory<unknown>>[] = [
  {
    type: "file_storage",
    load: async () => (await import("./file_storage/factory.ts")).fileStorageExtensionFactory,
  },
];
