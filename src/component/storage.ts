// What a component that keeps state on disk asks of a storage extension, after the Collector's storage.Extension.
import type { Extension } from "./extension.ts";
import type { Kind } from "./index.ts";

/** One step of a batch. */
export type StorageOperation =
  | { readonly type: "get" | "delete"; readonly key: string }
  | { readonly type: "set"; readonly key: string; readonly value: Uint8Array };

/** The keys and values of one component; nobody else sees them. */
export interface StorageClient {
  /** Undefined when there is no such key. */
  get(key: string): Promise<Buffer | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
  /** No error when there is no such key. */
  delete(key: string): Promise<void>;
  /** All of it happens, or nothing. Gives what each `get` found, in the order of the operations; undefined for others. */
  batch(operations: readonly StorageOperation[]): Promise<readonly (Buffer | undefined)[]>;
  close(): Promise<void>;
}

/** An extension that keeps what components give it beyond their own lives. */
export interface StorageExtension extends Extension {
  /** A component's own client. `name` tells several clients of one component apart, such as its signals. */
  getClient(kind: Kind, id: string, name: string): Promise<StorageClient>;
}

/** Whether an extension is one that stores. */
export function isStorageExtension(extension: Extension): extension is StorageExtension {
  return typeof (extension as Partial<StorageExtension>).getClient === "function";
}
