// Go's durations, read and written as time.ParseDuration and time.Duration.String do.

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5
  μs: 1e3, // U+03BC
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const HOUR_MS = 3600e3;
const MINUTE_MS = 60e3;

/** Reads a Go duration such as `1h30m` or `-1.5s` into milliseconds. Throws Go's own message. */
export function parseDurationMs(text: string): number {
  const [, sign = "", magnitude = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (magnitude === "0") return 0;
  if (magnitude === "") throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0;
  for (let rest = magnitude; rest !== ""; ) {
    const term = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (!term) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
    total += Math.round(Number(term[1]) * unitNs(term[2]!, text));
    rest = rest.slice(term[0].length);
  }
  return (sign === "-" ? -total : total) / 1e6;
}

function unitNs(unit: string, text: string): number {
  if (unit === "") throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
  const ns = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined;
  if (ns === undefined) {
    throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
  }
  return ns;
}

/** A duration as Node's timers take it: what they cannot hold, which is 24.8 days and more, would fire at once. */
export function timerMs(ms: number): number {
  return Math.min(ms, 2 ** 31 - 1);
}

/** Writes milliseconds as Go prints a duration: `1m30s`, `200ms`, `0s`. */
export function formatDurationMs(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 0) return `-${formatDurationMs(-ms)}`;
  if (ms < 1e-3) return `${decimal(ms * 1e6)}ns`;
  if (ms < 1) return `${decimal(ms * 1e3)}µs`;
  if (ms < 1e3) return `${decimal(ms)}ms`;
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  const seconds = `${decimal((ms % MINUTE_MS) / 1e3)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** At most nanoseconds of a second, without what binary fractions add. */
function decimal(value: number): string {
  return String(Number(value.toFixed(9)));
}
