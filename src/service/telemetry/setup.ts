import { randomUUID } from "node:crypto";
import type { Attributes, BuildInfo, Logger } from "../../component/index.ts";
import type { TelemetryConfig } from "../config-schema.ts";
import { createLoggers, type LoggerFactory, openOutputs } from "./logger.ts";

/** Makes the agent's own telemetry from `service.telemetry`, and says what of it has no effect. */
export function setUpTelemetry(config: TelemetryConfig, buildInfo: BuildInfo): LoggerFactory {
  const loggers = createLoggers(
    config.logs,
    resourceOf(config.resource, buildInfo),
    openOutputs(config.logs.outputPaths),
  );
  warnOfUnused(config, loggers({}));
  return loggers;
}

/** The default resource, changed by what the user gave; null removes an attribute. */
function resourceOf(given: Readonly<Record<string, unknown>>, buildInfo: BuildInfo): Attributes {
  const attributes = {
    "service.instance.id": randomUUID(),
    "service.name": buildInfo.command,
    "service.version": buildInfo.version,
    ...given,
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}

function warnOfUnused({ logs, metrics, traces }: TelemetryConfig, logger: Logger): void {
  const unused = {
    "logs::processors": logs.processors.length > 0,
    "metrics::readers": metrics.readers.length > 0,
    "metrics::views": metrics.views.length > 0,
    "traces::processors": traces.processors.length > 0,
    "traces::propagators": traces.propagators.length > 0,
  };
  const keys = Object.entries(unused).flatMap(([key, given]) => (given ? [key] : []));
  if (keys.length > 0) {
    logger.warn({ keys }, "Settings of service::telemetry were checked but have no effect in this version.");
  }
}
