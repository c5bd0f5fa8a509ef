// Attributes of log records as JSON. Never throws: a log line must not be the end of what it reports.
import { getSystemErrorMessage } from "node:util";

/** JSON as zap writes it: `spaced` for the console, compact for the json encoding. */
export function encodeJson(value: unknown, spaced: boolean): string {
  return encode(plain(value, new Set()), spaced ? ", " : ",", spaced ? ": " : ":");
}

/** What an attribute is when shown: errors are their message, big integers numbers' text, cycles cut. */
function plain(value: unknown, above: Set<object>): unknown {
  if (value instanceof Error) return errorText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (above.has(value)) return "…";
  above.add(value);
  const shown = Array.isArray(value)
    ? value.map((item) => plain(item, above))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, above)]));
  above.delete(value);
  return shown;
}

/** The message, with those of the causes where they say more. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error) || message.includes(cause.message) || isTold(cause, message)) return message;
  return `${message}: ${errorText(cause)}`;
}

/** Whether a message says in Go's words what the system's error does in Node.js' words. */
function isTold({ errno }: NodeJS.ErrnoException, message: string): boolean {
  return errno !== undefined && message.includes(getSystemErrorMessage(errno));
}

function encode(value: unknown, comma: string, colon: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => encode(item ?? null, comma, colon)).join(comma)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => JSON.stringify(key) + colon + encode(item, comma, colon)).join(comma)}}`;
}
