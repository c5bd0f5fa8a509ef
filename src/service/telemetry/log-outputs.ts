// Where the agent's log goes: `output_paths`.
import { closeSync, openSync, writeSync } from "node:fs";
import { fileErrorText } from "../../confmap/file-error.ts";

/** Takes finished lines, without the line's end. */
export type WriteLine = (line: string) => void;

/** Open outputs. */
export interface LogOutputs {
  readonly write: WriteLine;
  close(): void;
}

/**
 * Opens `output_paths`: `stderr`, `stdout`, files or `file:` URLs; files are appended to. Throws when one cannot be
 * opened. A line that cannot be written later, as on a full disk, stops nobody: a file's goes to `errorPaths`, a
 * stream's is lost.
 */
export function openOutputs(
  paths: readonly string[],
  errorPaths: readonly string[] = ["stderr"],
): LogOutputs {
  const instead = errorPaths.map((path) => toStream(path === "stdout" ? process.stdout : process.stderr));
  const outputs = paths.map((path) => open(path, instead));
  return {
    write(line) {
      for (const output of outputs) output.write(line);
    },
    close() {
      for (const output of outputs) output.close();
    },
  };
}

function open(path: string, instead: readonly LogOutputs[]): LogOutputs {
  if (path === "stderr") return toStream(process.stderr);
  if (path === "stdout") return toStream(process.stdout);
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(path) ?? [];
  if (scheme !== undefined && scheme !== "file")
    throw new Error(`open sink ${JSON.stringify(path)}: no sink found for scheme ${JSON.stringify(scheme)}`);
  return toFile(rest ?? path, path, instead);
}

/** Has nowhere to say that the log itself cannot be written. */
const ignoreError = (): void => {};

function toStream(stream: NodeJS.WriteStream): LogOutputs {
  stream.off("error", ignoreError).on("error", ignoreError);
  return { write: (line) => void stream.write(`${line}\n`), close() {} };
}

function toFile(path: string, shown: string, instead: readonly LogOutputs[]): LogOutputs {
  const file = openFile(path, shown);
  return {
    write(line) {
      try {
        writeSync(file, `${line}\n`);
      } catch (error) {
        for (const other of instead) other.write(`write ${path}: ${(error as Error).message}: ${line}`);
      }
    },
    close: () => closeSync(file),
  };
}

function openFile(path: string, shown: string): number {
  try {
    return openSync(path, "a", 0o644);
  } catch (cause) {
    const reason = fileErrorText(path, cause as NodeJS.ErrnoException);
    throw new Error(`open sink ${JSON.stringify(shown)}: ${reason}`, { cause });
  }
}
