// The name of a path's shape, for paths that no pattern of the user's matches.

/** HTTP_SHAPE_BYTES of bpf/http_route_parse.h: what lies behind does not count. */
export const SHAPE_BYTES = 256;
const MAX_NAME_BYTES = 32;
const PLACEHOLDER = "{id}";

/**
 * Whether a segment is a value rather than a name: it carries a digit (but not v1 … v99), a character that route names
 * do not have, or is long. The same as http_segment_is_value() in bpf/http_route_parse.h, which decides what is one series.
 */
function isValue(segment: string): boolean {
  if (segment.length > MAX_NAME_BYTES || /[^A-Za-z0-9._~-]/.test(segment)) return true;
  return /\d/.test(segment) && !/^[vV]\d{1,2}$/.test(segment);
}

/** The shape of a path (latin1, without query) with values replaced: `/users/42/orders` → `/users/{id}/orders`. */
export function routeShape(path: string): string {
  return path
    .slice(0, SHAPE_BYTES)
    .split("/")
    .map((segment) => (isValue(segment) ? PLACEHOLDER : segment))
    .join("/");
}
