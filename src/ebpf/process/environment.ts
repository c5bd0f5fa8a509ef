// The two variables by which a process names its service to OpenTelemetry.

export interface Environment {
  /** OTEL_SERVICE_NAME, undefined when it is not set or empty. */
  readonly serviceName: string | undefined;
  /** OTEL_RESOURCE_ATTRIBUTES, percent-decoded, in order. */
  readonly resourceAttributes: ReadonlyMap<string, string>;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

export const NO_ENVIRONMENT: Environment = { serviceName: undefined, resourceAttributes: NO_ATTRIBUTES };

const SERVICE_NAME = "OTEL_SERVICE_NAME=";
const RESOURCE_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES=";

/** Reads the two variables from NUL-terminated `NAME=value` strings; the first of a name counts, as for getenv. */
export function parseEnvironment(block: Buffer): Environment {
  const serviceName = variable(block, SERVICE_NAME);
  const attributes = variable(block, RESOURCE_ATTRIBUTES);
  if (!serviceName && !attributes) return NO_ENVIRONMENT;
  return {
    serviceName: serviceName || undefined,
    resourceAttributes: attributes ? parseResourceAttributes(attributes) : NO_ATTRIBUTES,
  };
}

function variable(block: Buffer, name: string): string | undefined {
  for (let at = block.indexOf(name); at >= 0; at = block.indexOf(name, at + 1)) {
    if (at > 0 && block[at - 1] !== 0) continue; // inside another variable
    const end = block.indexOf(0, at);
    return block.toString("utf8", at + name.length, end < 0 ? block.length : end).trim();
  }
  return undefined;
}

/**
 * Parses `key=value,key=value` with percent-encoded values. As the specification says of errors, one bad pair discards
 * the whole value, since what it meant cannot be known.
 */
export function parseResourceAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const equals = pair.indexOf("=");
    const key = pair.slice(0, Math.max(equals, 0)).trim();
    const value = percentDecoded(pair.slice(equals + 1).trim());
    if (key === "" || value === undefined) return NO_ATTRIBUTES;
    attributes.set(key, value);
  }
  return attributes;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // URIError: a bare % or bytes that are not UTF-8
  }
}
