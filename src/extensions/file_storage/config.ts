import { statSync } from "node:fs";
import { bool, duration, int, type Problem, type Schema, string, struct } from "../../confmap/schema.ts";

/** When a file is written anew without what was deleted. */
export interface CompactionConfig {
  readonly onStart: boolean;
  readonly onRebound: boolean;
  /** Where the new file is written before it takes the old one's place; empty for the storage's own directory. */
  readonly directory: string;
  readonly reboundNeededThresholdMib: number;
  readonly reboundTriggerThresholdMib: number;
  readonly checkIntervalMs: number;
}

/** The user's `file_storage` section. */
export interface FileStorageConfig {
  readonly directory: string;
  /** How long to wait for a file that another process holds. */
  readonly timeoutMs: number;
  /** Whether what is stored survives not only the process but the machine. */
  readonly fsync: boolean;
  readonly createDirectory: boolean;
  /** Octal, as in `0750`. */
  readonly directoryPermissions: string;
  /** Whether a file that is no storage of ours is moved aside instead of being an error. */
  readonly recreate: boolean;
  readonly compaction: CompactionConfig;
}

const compactionConfig: Schema<CompactionConfig> = struct(
  "filestorage.CompactionConfig",
  {
    on_start: bool(),
    on_rebound: bool(),
    directory: string(),
    rebound_needed_threshold_mib: int(100),
    rebound_trigger_threshold_mib: int(10),
    // A log needs no transactions to be copied; the keys are accepted because existing configurations have them.
    max_transaction_size: int(65_536),
    cleanup_on_start: bool(),
    check_interval: duration("5s"),
  },
  function* ({ maxTransactionSize, onRebound, checkIntervalMs }) {
    if (maxTransactionSize < 0) yield "max transaction size for compaction cannot be less than 0";
    if (onRebound && checkIntervalMs <= 0) {
      yield "compaction check interval must be positive when rebound compaction is set";
    }
  },
);

export const fileStorageConfig: Schema<FileStorageConfig> = struct(
  "filestorage.Config",
  {
    directory: string("/var/lib/otelcol/file_storage"),
    timeout: duration("1s"),
    fsync: bool(),
    create_directory: bool(),
    directory_permissions: string("0750"),
    recreate: bool(),
    compaction: compactionConfig,
  },
  problems,
);

function* problems({
  directory,
  createDirectory,
  directoryPermissions,
  compaction,
}: FileStorageConfig): Iterable<Problem> {
  if (!/^[0-7]{3,4}$/.test(directoryPermissions)) {
    yield "directory_permissions value must be a valid octal permission, such as 0750";
  }
  if (createDirectory) return;
  for (const path of new Set([directory, compaction.directory || directory])) {
    const problem = directoryProblem(path);
    if (problem) yield problem;
  }
}

function directoryProblem(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    return `directory must exist: stat ${path}: no such file or directory. You can enable the create_directory option to automatically create it`;
  }
  return found.isDirectory() ? undefined : `${path} is not a directory`;
}
