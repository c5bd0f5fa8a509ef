// Numbers, times and names as people read them.
import { type AnyValue, type Attributes, attribute, type Resource } from "../../pdata/decode/common.ts";
import { PROCESS_EXECUTABLE_NAME, PROCESS_PID } from "../../semconv/process.ts";
import { SERVICE_NAME } from "../../semconv/service.ts";
import { safe } from "./cells.ts";

/** Local time of day with milliseconds: `14:03:22.123`. */
export function clock(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  return `${clockSeconds(ns)}.${pad(date.getMilliseconds(), 3)}`;
}

/** Local time of day: `14:03:22`. */
export function clockSeconds(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n));
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2)).join(":");
}

/** Seconds in three digits and the unit that suits them: `84.2µs`, `1.84ms`, `12.0s`, `2m03s`. */
export function duration(seconds: number): string {
  const magnitude = Math.abs(seconds);
  if (magnitude >= 59.95) return minutes(seconds);
  if (magnitude >= 0.9995) return `${digits(seconds)}s`;
  if (magnitude >= 0.0009995) return `${digits(seconds * 1e3)}ms`;
  if (magnitude >= 9.995e-7) return `${digits(seconds * 1e6)}µs`;
  return `${Math.round(seconds * 1e9)}ns`;
}

/** A count with its thousands apart: `1,204`. */
export function count(value: bigint | number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A rate per second: `0.30/s`, `12.4/s`, `1,204/s`. */
export function rate(perSecond: number): string {
  return `${perSecond >= 1000 ? count(Math.round(perSecond)) : digits(perSecond)}/s`;
}

/** A number in the unit of its metric (UCUM). */
export function quantity(value: number, unit: string): string {
  if (unit === "s") return duration(value);
  if (unit === "ms") return duration(value / 1e3);
  if (unit === "us") return duration(value / 1e6);
  if (unit === "ns") return duration(value / 1e9);
  if (unit === "By") return bytes(value);
  const number = Number.isInteger(value) ? count(value) : digits(value);
  return unit === "" || unit === "1" || unit.startsWith("{") ? number : `${number} ${safe(unit)}`;
}

/** `nginx[4242]`: the service and the process, as far as the resource says. */
export function who({ attributes }: Resource): string {
  const name = attribute(attributes, SERVICE_NAME) ?? attribute(attributes, PROCESS_EXECUTABLE_NAME);
  const pid = attribute(attributes, PROCESS_PID);
  return `${value(name) || "unknown"}${pid === undefined ? "" : `[${value(pid)}]`}`;
}

/** The text of the first of `keys` that is there; empty when none is. */
export function textOf(attributes: Attributes, ...keys: string[]): string {
  for (const key of keys) {
    const found = attribute(attributes, key);
    if (found !== undefined) return value(found);
  }
  return "";
}

/** `host:port`, as far as known, with an IPv6 address in brackets. */
export function address(host: string, port: string): string {
  if (!host) return "";
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return port ? `${bracketed}:${port}` : bracketed;
}

/** Any attribute value on one line, safe for a terminal. */
export function value(any: AnyValue): string {
  if (any === undefined) return "";
  if (any instanceof Uint8Array) return `${any.length} bytes`;
  if (Array.isArray(any)) return `[${any.map(value).join(", ")}]`;
  if (typeof any === "object") return `{${pairs((any as { entries: Attributes }).entries)}}`;
  return safe(String(any));
}

/** `key=value key=value`. */
export function pairs(attributes: Attributes): string {
  return attributes.map((each) => `${safe(each.key)}=${value(each.value)}`).join(" ");
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.trunc(whole / 60)}m${pad(Math.abs(whole % 60), 2)}s`;
}

function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let rest = value;
  let unit = 0;
  for (; Math.abs(rest) >= 1023.5 && unit < units.length - 1; unit++) rest /= 1024;
  return `${unit === 0 ? count(Math.round(rest)) : digits(rest)} ${units[unit]}`;
}

/** Three significant digits, without an exponent. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return count(Math.round(value));
  if (magnitude >= 9.995) return value.toFixed(1);
  return value === 0 ? "0" : value.toFixed(2);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
