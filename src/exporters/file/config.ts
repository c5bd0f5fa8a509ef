import {
  bool,
  duration,
  int,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";

export interface RotationConfig {
  /** 0 for the default of 100. */
  readonly maxMegabytes: number;
  /** After how many days a rotated file is removed; 0 for never. */
  readonly maxDays: number;
  /** How many rotated files are kept; 0 for all. */
  readonly maxBackups: number;
  /** Names rotated files by the host's time instead of UTC. */
  readonly localtime: boolean;
}

export interface GroupByConfig {
  readonly enabled: boolean;
  /** The resource attribute that stands for the `*` of the path. */
  readonly resourceAttribute: string;
  readonly maxOpenFiles: number;
}

/** The user's `file` section. */
export interface FileConfig {
  readonly path: string;
  readonly append: boolean;
  readonly rotation: RotationConfig | undefined;
  /** `json` or `proto`. */
  readonly format: string;
  readonly encoding: string;
  /** `zstd`, or empty for none. */
  readonly compression: string;
  /** 0 for zstd's default, 3. */
  readonly compressionParams: { readonly level: number };
  /** 0 for the default of a second. */
  readonly flushIntervalMs: number;
  readonly groupBy: GroupByConfig;
  readonly createDirectory: boolean;
  /** Octal; empty for 0755. */
  readonly directoryPermissions: string;
}

/** Those the Collector takes for zstd. */
const ZSTD_LEVELS: readonly number[] = [0, 1, 3, 6, 11];

export const fileConfig: Schema<FileConfig> = struct(
  "fileexporter.Config",
  {
    path: string(),
    append: bool(),
    rotation: optional(
      struct("fileexporter.Rotation", {
        max_megabytes: int(),
        max_days: int(),
        max_backups: int(100),
        localtime: bool(),
      }),
    ),
    format: string("json"),
    encoding: string(),
    compression: string(),
    compression_params: struct("configcompression.CompressionParams", { level: int() }),
    flush_interval: duration("1s"),
    group_by: struct("fileexporter.GroupBy", {
      enabled: bool(),
      resource_attribute: string("fileexporter.path_segment"),
      max_open_files: int(100),
    }),
    create_directory: bool(),
    directory_permissions: string(),
  },
  problems,
);

/** The mode for directories that are made. */
export function directoryMode({ directoryPermissions }: FileConfig): number {
  return directoryPermissions === "" ? 0o755 : Number.parseInt(directoryPermissions, 8);
}

function* problems(config: FileConfig): Iterable<Problem> {
  const { path, rotation, format, encoding, flushIntervalMs } = config;
  if (path === "") yield "path must be non-empty";
  if (config.append && rotation) yield "append and rotation enabled at the same time is not supported";
  if (rotation && Math.min(rotation.maxMegabytes, rotation.maxDays, rotation.maxBackups) < 0) {
    yield "rotation max_megabytes, max_days and max_backups must not be negative";
  }
  if (format !== "json" && format !== "proto") yield "format type is not supported";
  if (encoding !== "") {
    yield `unknown encoding ${JSON.stringify(encoding)}: there are no encoding extensions, use format`;
  }
  if (flushIntervalMs < 0) yield "flush_interval must be larger than zero";
  yield* compressionProblems(config);
  if (config.groupBy.enabled) yield* groupByProblems(config);
  yield* permissionProblems(config);
}

function* compressionProblems({ compression, compressionParams: { level } }: FileConfig): Iterable<Problem> {
  if (compression === "") return;
  if (compression !== "zstd") yield "compression is not supported";
  else if (!ZSTD_LEVELS.includes(level)) {
    yield `invalid compression_params: unsupported parameters {Level:${level}} for compression type "zstd"`;
  }
}

function* groupByProblems({ path, groupBy }: FileConfig): Iterable<Problem> {
  const parts = path.split("*");
  if (parts.length !== 2) yield "path must contain exactly one * when group_by is enabled";
  else if (parts[0] === "") yield "path must not start with * when group_by is enabled";
  if (groupBy.resourceAttribute === "") {
    yield "resource_attribute must not be empty when group_by is enabled";
  }
  if (groupBy.maxOpenFiles <= 0) yield "max_open_files must be positive when group_by is enabled";
}

function* permissionProblems({ createDirectory, directoryPermissions }: FileConfig): Iterable<Problem> {
  if (directoryPermissions === "") return;
  if (!createDirectory) yield "directory_permissions requires create_directory to be true";
  else if (!/^[0-7]+$/.test(directoryPermissions)) {
    yield "directory_permissions value must be a valid octal representation";
  } else if (Number.parseInt(directoryPermissions, 8) > 0o777) {
    yield "directory_permissions contain invalid bits for file access";
  }
}
