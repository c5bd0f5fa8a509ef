const FAULTS = [TypeError, ReferenceError, RangeError];

/** The stack of an error that can only be a fault of this program; undefined for what a user or a host can cause. */
export function faultStack(error: unknown): string | undefined {
  const isFault =
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isFault ? error.stack : undefined;
}
