import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/contract/**/*.test.ts",
            "test/golden/**/*.test.ts",
          ],
        },
      },
      {
        // Root and a kernel: one file at a time, since they share the host's sockets and BPF.
        test: {
          name: "kernel",
          include: ["test/kernel/**/*.test.ts", "test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
};

export default config;
