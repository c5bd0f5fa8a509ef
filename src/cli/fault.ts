const FAULTS = [TypeError, ReferenceError, RangeError];

/** The stack of an error that can only be a fault of this program; undefined for what a user or a host can cause. */
export function faultStack(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const isFault = FAULTS.some((fault) => error instanceof fault);
  if (isFault) return error.stack;
  const below = faultStack(error.cause);
  return below && `${error.message}\n${below}`;
}
