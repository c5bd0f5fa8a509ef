/** gRPC's status codes. */
export const CODE = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The HTTP status of an OTLP answer for each code that has one of its own; 500 for the others. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  [CODE.CANCELLED]: 503,
  [CODE.DEADLINE_EXCEEDED]: 503,
  [CODE.ABORTED]: 503,
  [CODE.OUT_OF_RANGE]: 503,
  [CODE.UNAVAILABLE]: 503,
  [CODE.DATA_LOSS]: 503,
  [CODE.RESOURCE_EXHAUSTED]: 429,
  [CODE.INVALID_ARGUMENT]: 400,
  [CODE.UNAUTHENTICATED]: 401,
  [CODE.PERMISSION_DENIED]: 403,
  [CODE.UNIMPLEMENTED]: 404,
};

/** What an OTLP server answers over HTTP where it would answer `code` over gRPC. */
export function httpStatusOf(code: number): number {
  return HTTP_STATUS[code] ?? 500;
}

const CODE_OF_HTTP: Readonly<Record<number, number>> = {
  400: CODE.INVALID_ARGUMENT,
  401: CODE.UNAUTHENTICATED,
  403: CODE.PERMISSION_DENIED,
  404: CODE.UNIMPLEMENTED,
  429: CODE.RESOURCE_EXHAUSTED,
  502: CODE.UNAVAILABLE,
  503: CODE.UNAVAILABLE,
  504: CODE.UNAVAILABLE,
};

/** The code that goes with an HTTP status. */
export function codeOfHttpStatus(status: number): number {
  return CODE_OF_HTTP[status] ?? CODE.UNKNOWN;
}

/** `DEADLINE_EXCEEDED` as Go writes it: `DeadlineExceeded`; CANCELLED is spelled with one l there. */
export function codeName(code: number): string {
  if (code === CODE.CANCELLED) return "Canceled";
  if (code === CODE.OK) return "OK";
  const name = Object.entries(CODE).find(([, known]) => known === code)?.[0];
  if (name === undefined) return `Code(${code})`;
  const words = name.toLowerCase().split("_");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** The code as its specification writes it: `DEADLINE_EXCEEDED`. */
export function codeConstant(code: number): string {
  return Object.entries(CODE).find(([, known]) => known === code)?.[0] ?? String(code);
}
