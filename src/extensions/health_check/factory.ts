import type { ExtensionFactory } from "../../component/extension.ts";
import { type HealthCheckConfig, healthCheckConfig } from "./config.ts";
import { HealthCheckExtension } from "./extension.ts";

/** `health_check`: whether the agent takes data, for load balancers and Kubernetes' probes. */
export const healthCheckExtensionFactory: ExtensionFactory<HealthCheckConfig> = {
  type: "health_check",
  stability: "beta",
  config: healthCheckConfig,
  create: ({ logger }, config) => new HealthCheckExtension(config, logger),
};
