import type { ProcessorFactory } from "../../component/index.ts";
import type { Context } from "../../consumer/index.ts";
import type { Editor, MessageEditor, Signal } from "../../pdata/index.ts";
import { type Action, compileActions } from "../helper/actions.ts";
import { EditingProcessor } from "../helper/editing.ts";
import { compileMatch, type Match } from "../helper/match.ts";
import { type AttributesConfig, attributesConfig } from "./config.ts";

/** `attributes`: changes the attributes of spans, data points and log records. */
export const attributesProcessorFactory: ProcessorFactory<AttributesConfig, Signal> = {
  type: "attributes",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: attributesConfig,
  create(_settings, config, signal, next) {
    const actions = compileActions(config.actions);
    const match = compileMatch(signal, config);
    return new EditingProcessor((context) => editor(signal, actions, match, context), next);
  },
};

/** Metrics are chosen by metric, and changed by data point. */
function editor(
  signal: Signal,
  actions: readonly Action[],
  match: Match | undefined,
  context: Context | undefined,
): Editor {
  const act = ({ attributes }: MessageEditor) => {
    for (const action of actions) action(attributes, context);
    return true;
  };
  if (!match) return { item: act };
  if (signal === "metrics") return { metric: match, item: act };
  return { item: (item, within) => !match(item, within) || act(item) };
}
