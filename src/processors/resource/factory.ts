import type { ProcessorFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { compileActions } from "../helper/actions.ts";
import { EditingProcessor } from "../helper/editing.ts";
import { type ResourceConfig, resourceConfig } from "./config.ts";

/** `resource`: changes the attributes of resources. */
export const resourceProcessorFactory: ProcessorFactory<ResourceConfig, Signal> = {
  type: "resource",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: resourceConfig,
  create(_settings, config, _signal, next) {
    const actions = compileActions(config.attributes);
    return new EditingProcessor(
      (context) => ({
        resource({ attributes }) {
          for (const action of actions) action(attributes, context);
        },
      }),
      next,
    );
  },
};
