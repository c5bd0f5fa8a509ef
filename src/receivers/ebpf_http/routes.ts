import type { RoutesConfig } from "./config.ts";
import { RoutePatterns } from "./route-pattern.ts";
import { routeShape, SHAPE_BYTES } from "./route-shape.ts";

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
    switch (this.#config.unmatched) {
      case "shape":
        return routeShape(path);
      case "path":
        return path.slice(0, SHAPE_BYTES);
      case "wildcard":
        return WILDCARD;
      case "unset":
        return undefined;
    }
  }
}
