import { randomUUID } from "node:crypto";
import type { Attributes, BuildInfo, Logger } from "../../component/index.ts";
import { isMapping } from "../../confmap/expanded.ts";
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

/** Keys of `resource` that are settings; every other key is an attribute, in the older form. */
const RESOURCE_SETTINGS: readonly string[] = ["attributes", "schema_url", "detection/development"];

/** The default resource, changed by what the user gave, in either form; null removes an attribute. */
export function resourceOf(given: Readonly<Record<string, unknown>>, buildInfo: BuildInfo): Attributes {
  const attributes = {
    "service.instance.id": randomUUID(),
    "service.name": buildInfo.command,
    "service.version": buildInfo.version,
    ...Object.fromEntries(Object.entries(given).filter(([key]) => !RESOURCE_SETTINGS.includes(key))),
    ...Object.fromEntries(namedValues(given.attributes)),
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}

/** The entries of `[{name, value}]`. */
function* namedValues(list: unknown): Iterable<[string, unknown]> {
  for (const item of Array.isArray(list) ? list : []) {
    if (isMapping(item) && typeof item.name === "string") yield [item.name, item.value ?? null];
  }
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
