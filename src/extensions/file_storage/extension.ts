import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Host, Kind, Settings } from "../../component/index.ts";
import type { StorageClient, StorageExtension } from "../../component/storage.ts";
import type { FileStorageConfig } from "./config.ts";
import { FileClient } from "./file-client.ts";

/** Gives each component, and each of its signals, a file of its own. */
export class FileStorageExtension implements StorageExtension {
  readonly #settings: Settings;
  readonly #config: FileStorageConfig;
  readonly #clients = new Set<FileClient>();

  constructor(settings: Settings, config: FileStorageConfig) {
    this.#settings = settings;
    this.#config = config;
  }

  async start(_host: Host): Promise<void> {
    const { createDirectory, directory, compaction, directoryPermissions } = this.#config;
    if (!createDirectory) return; // Validation has seen that they are there.
    const mode = Number.parseInt(directoryPermissions, 8);
    for (const path of [directory, compaction.directory || directory]) {
      await mkdir(path, { recursive: true, mode });
    }
  }

  /** Components close their own clients; those that did not are closed here. */
  async shutdown(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()));
  }

  async getClient(kind: Kind, id: string, name: string): Promise<StorageClient> {
    const path = join(this.#config.directory, fileName(kind, id, name));
    const client = await FileClient.open(path, this.#config, this.#settings.logger);
    this.#clients.add(client);
    client.onClose = () => this.#clients.delete(client);
    return client;
  }
}

/** `exporter_otlp_grpc_backup_traces`; what may not be in a file's name is written as `~` and its code point. */
function fileName(kind: Kind, id: string, name: string): string {
  const slash = id.indexOf("/");
  const [type, own] = slash < 0 ? [id, ""] : [id.slice(0, slash), id.slice(slash + 1)];
  const parts = name === "" ? [kind, type, own] : [kind, type, own, name];
  return parts
    .join("_")
    .replace(/[^A-Za-z0-9_.-]/gu, (char) => `~${char.codePointAt(0)!.toString(16).padStart(4, "0")}`);
}
