// A third party's plugin: one component of each common kind. docs/plugins.md explains it.
import { pulseReceiver } from "./pulse.mjs";
import { stampProcessor } from "./stamp.mjs";
import { tallyExporter } from "./tally.mjs";

/** @param {import("../../../src/plugin/index.ts").PluginApi} wattspan */
export function plugin(wattspan) {
  return {
    receivers: [{ type: "example_pulse", load: async () => pulseReceiver(wattspan) }],
    processors: [
      { type: "example_stamp", aliases: ["examplestamp"], load: async () => stampProcessor(wattspan) },
    ],
    exporters: [{ type: "example_tally", load: async () => tallyExporter(wattspan) }],
  };
}
