import { type Schema, struct } from "../../confmap/schema.ts";
import { type ActionConfig, actionProblems, actions } from "../helper/action-config.ts";

/** The user's `resource` section. */
export interface ResourceConfig {
  readonly attributes: readonly ActionConfig[];
}

export const resourceConfig: Schema<ResourceConfig> = struct(
  "resourceprocessor.Config",
  { attributes: actions },
  function* ({ attributes }) {
    if (attributes.length === 0) yield 'missing required field "attributes"';
    yield* actionProblems(attributes);
  },
);
