import type { RoutesConfig } from "./config.ts";
import { RoutePatterns } from "./route-pattern.ts";
import { routeShape } from "./route-shape.ts";

/** The route of every path that no pattern matches, where the user wants no more of them. */
const WILDCARD = "/**";

/** Names the route of a path; undefined where it shall have none. */
export class Routes {
  readonly #patterns: RoutePatterns;
  readonly #config: RoutesConfig;

  constructor(config: RoutesConfig) {
    this.#config = config;
    this.#patterns = new RoutePatterns(config.patterns);
  }

  routeOf(path: string): string | undefined {
    const pattern = this.#patterns.match(path);
    if (pattern !== undefined) return pattern;
    const { unmatched } = this.#config;
    if (unmatched === "unset") return undefined;
    return unmatched === "wildcard" ? WILDCARD : routeShape(path);
  }
}
