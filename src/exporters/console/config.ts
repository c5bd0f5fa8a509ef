import { bool, enumOf, type Schema, struct } from "../../confmap/schema.ts";

/** The user's `console` section. */
export interface ConsoleConfig {
  /** Whether traces are shown; a pipeline may have the exporter for its metrics alone. */
  readonly spans: boolean;
  readonly metrics: boolean;
  /** `auto`: on a terminal, unless NO_COLOR is set. */
  readonly color: "auto" | "always" | "never";
}

export const consoleConfig: Schema<ConsoleConfig> = struct("consoleexporter.Config", {
  spans: bool(true),
  metrics: bool(true),
  color: enumOf("color", ["auto", "always", "never"], "auto"),
});
