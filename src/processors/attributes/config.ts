import { type Schema, struct } from "../../confmap/schema.ts";
import { type ActionConfig, actionProblems, actions } from "../helper/action-config.ts";
import { type MatchConfig, matchProperties } from "../helper/match-config.ts";

/** The user's `attributes` section. */
export interface AttributesConfig extends MatchConfig {
  readonly actions: readonly ActionConfig[];
}

export const attributesConfig: Schema<AttributesConfig> = struct(
  "attributesprocessor.Config",
  { include: matchProperties, exclude: matchProperties, actions },
  function* (config) {
    if (config.actions.length === 0) yield 'missing required field "actions"';
    yield* actionProblems(config.actions);
  },
);
