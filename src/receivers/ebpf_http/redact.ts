// Hot path, when a request has a query: hides the values that are secrets, by the list of the semantic conventions.

const REDACTED = "REDACTED";
/** Names of query parameters whose values are signatures or credentials. */
const SECRETS: readonly string[] = [
  "X-Amz-Signature",
  "X-Amz-Credential",
  "X-Amz-Security-Token",
  "AWSAccessKeyId",
  "Signature",
  "sig",
  "X-Goog-Signature",
];
const secretNames: readonly Buffer[] = SECRETS.map((name) => Buffer.from(name, "latin1"));

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const AT = 0x40;

/** Whether a query, bytes[start, end), has a parameter whose value must not be shown. */
export function hasSecret(bytes: Uint8Array, start: number, end: number): boolean {
  let nameStart = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === AMPERSAND) nameStart = at + 1;
    else if (byte === EQUALS && isSecret(bytes, nameStart, at)) return true;
  }
  return false;
}

function isSecret(bytes: Uint8Array, start: number, end: number): boolean {
  for (const name of secretNames) {
    if (name.length !== end - start) continue;
    let i = 0;
    while (i < name.length && bytes[start + i] === name[i]) i++;
    if (i === name.length) return true;
  }
  return false;
}

/** A query with the values of secret parameters replaced. Names count in their case, as the conventions list them. */
export function redactQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals >= 0 && SECRETS.includes(pair.slice(0, equals))
        ? `${pair.slice(0, equals)}=${REDACTED}`
        : pair;
    })
    .join("&");
}

/** Where the host begins behind `user:password@` in an authority; `start` where there is none. */
export function hostStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start; at--) if (bytes[at] === AT) return at + 1;
  return start;
}

/** What stands for a user and password in a URL. */
export const REDACTED_CREDENTIALS: string = `${REDACTED}:${REDACTED}@`;
