// The kernel tests as they run inside a virtual machine of the matrix, where everything takes ten times as long.
import type { ViteUserConfig } from "vitest/config";
import { SerialReporter } from "./serial-reporter.ts";

const config: ViteUserConfig = {
  test: {
    root: "/wattspan",
    include: [process.env.WATTSPAN_TESTS ?? "**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ["default", new SerialReporter("/dev/ttyS1")],
  },
};

export default config;
