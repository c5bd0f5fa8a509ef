// Cross-origin requests of browsers: which headers an answer to them has.
import type { CorsConfig } from "./config.ts";
import type { RequestHead } from "./request.ts";

/** What CORS adds to an answer; a preflight is answered with nothing else. */
export interface CorsAnswer {
  readonly preflight: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "HEAD"]);

/** Allowed unless others are named. */
const DEFAULT_HEADERS = ["accept", "content-type", "x-requested-with"];

const PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/** Answers for one `cors` block. */
export class Cors {
  readonly #config: CorsConfig;
  /** In lower case: upstream does not mind the case of origins. */
  readonly #origins: readonly string[];
  readonly #headers: ReadonlySet<string>;
  readonly #anyOrigin: boolean;
  readonly #anyHeader: boolean;

  constructor(config: CorsConfig) {
    this.#config = config;
    this.#origins = config.allowedOrigins.map((origin) => origin.toLowerCase());
    this.#anyOrigin = config.allowedOrigins.includes("*");
    const headers = config.allowedHeaders.length > 0 ? config.allowedHeaders : DEFAULT_HEADERS;
    this.#headers = new Set(headers.map((name) => name.toLowerCase()));
    this.#anyHeader = headers.includes("*");
  }

  answer(request: RequestHead): CorsAnswer {
    const wanted = request.headers["access-control-request-method"];
    const preflight = request.method === "OPTIONS" && typeof wanted === "string" && wanted !== "";
    return { preflight, headers: preflight ? this.#preflight(request, wanted) : this.#actual(request) };
  }

  #preflight({ headers }: RequestHead, method: string): Record<string, string> {
    const asked = headers["access-control-request-headers"];
    const names = typeof asked === "string" ? asked.toLowerCase().split(",") : [];
    const headersAllowed =
      this.#anyHeader || names.every((name) => name.trim() === "" || this.#headers.has(name.trim()));
    const methodAllowed = METHODS.has(method) || method === "OPTIONS";
    if (!this.#allows(headers.origin) || !methodAllowed || !headersAllowed) return { Vary: PREFLIGHT_VARY };
    const { maxAge } = this.#config;
    return {
      Vary: PREFLIGHT_VARY,
      ...this.#allowed(headers.origin!),
      "Access-Control-Allow-Methods": method,
      ...(asked && { "Access-Control-Allow-Headers": String(asked) }),
      ...(maxAge !== 0 && { "Access-Control-Max-Age": String(Math.max(0, maxAge)) }),
    };
  }

  #actual({ method, headers }: RequestHead): Record<string, string> {
    if (!this.#allows(headers.origin) || !(METHODS.has(method) || method === "OPTIONS"))
      return { Vary: "Origin" };
    const { exposedHeaders } = this.#config;
    return {
      Vary: "Origin",
      ...this.#allowed(headers.origin!),
      ...(exposedHeaders.length > 0 && { "Access-Control-Expose-Headers": exposedHeaders.join(", ") }),
    };
  }

  #allows(origin: string | undefined): boolean {
    if (!origin) return false;
    return this.#anyOrigin || this.#origins.some((allowed) => matches(allowed, origin.toLowerCase()));
  }

  #allowed(origin: string): Record<string, string> {
    return {
      "Access-Control-Allow-Origin": this.#anyOrigin ? "*" : origin,
      "Access-Control-Allow-Credentials": "true",
    };
  }
}

/** The first `*` stands for any text, as upstream. */
function matches(pattern: string, origin: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return origin === pattern;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return origin.length >= start.length + end.length && origin.startsWith(start) && origin.endsWith(end);
}
