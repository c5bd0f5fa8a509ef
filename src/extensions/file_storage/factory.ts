import type { ExtensionFactory } from "../../component/extension.ts";
import { type FileStorageConfig, fileStorageConfig } from "./config.ts";
import { FileStorageExtension } from "./extension.ts";

/** `file_storage`: keeps on disk what components must not lose. */
export const fileStorageExtensionFactory: ExtensionFactory<FileStorageConfig> = {
  type: "file_storage",
  stability: "beta",
  config: fileStorageConfig,
  exclusive: () => true,
  create: (settings, config) => new FileStorageExtension(settings, config),
};
