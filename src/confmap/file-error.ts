const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
};

/** Why a file could not be read, as Go says it: `open x: no such file or directory`. */
export function fileErrorText(path: string, { code = "", message }: NodeJS.ErrnoException): string {
  const verb = code === "EISDIR" ? "read" : "open";
  return `${verb} ${path}: ${REASONS[code] ?? message}`;
}
