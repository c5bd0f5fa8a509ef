// The OpenTelemetry entry of tracestate: with which probability a span was kept.
// https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/

const MAX_ENTRIES = 32;

/**
 * Puts `ot=` with our threshold, and the randomness that was used where it is not the trace id's, before what the
 * request had: other vendors' entries, and sub-keys of `ot` that are not ours to change. Both are hexadecimal.
 */
export function mergeTraceState(
  incoming: string,
  thresholdDigits: string,
  randomness: string | undefined,
): string {
  const entries = incoming
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const ours = entries.find((entry) => entry.startsWith("ot="));
  const kept = (ours?.slice(3).split(";") ?? []).filter((sub) => keepsSubKey(sub, randomness));
  const set = [`th:${thresholdDigits}`, ...(randomness === undefined ? [] : [`rv:${randomness}`])];
  const others = entries.filter((entry) => !entry.startsWith("ot=")).slice(0, MAX_ENTRIES - 1);
  return [`ot=${[...set, ...kept].join(";")}`, ...others].join(",");
}

function keepsSubKey(sub: string, randomness: string | undefined): boolean {
  if (sub === "" || sub.startsWith("th:")) return false;
  return randomness === undefined || !sub.startsWith("rv:");
}

/** Writes the last seven bytes of a trace id: the 56 bits that the kernel compared with the threshold. */
export function randomnessHex(bytes: Uint8Array, traceIdAt: number): string {
  let text = "";
  for (let i = traceIdAt + 9; i < traceIdAt + 16; i++) text += bytes[i]!.toString(16).padStart(2, "0");
  return text;
}
