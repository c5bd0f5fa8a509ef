// The resource of the agent's own telemetry.
import type { Attributes, BuildInfo, Labels } from "../../component/index.ts";
import { isMapping } from "../../confmap/expanded.ts";
import { RESOURCE_SETTINGS } from "./schema.ts";

/** The resource as it is sent. */
export interface SentResource {
  readonly labels: Labels;
  /** Empty for none. */
  readonly schemaUrl: string;
}

/** What was detected and the default resource, changed by what the user gave, in either form; null removes an attribute. */
export function resourceOf(
  given: Readonly<Record<string, unknown>>,
  buildInfo: BuildInfo,
  instanceId: string,
  detected: Attributes = {},
): Attributes {
  const attributes = {
    ...detected,
    "service.instance.id": instanceId,
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

/** The detectors that `detection/development` names: `[{host: null}, {process: {}}]` are host and process. */
export function detectorsOf(section: unknown): readonly string[] {
  const list = isMapping(section) ? section.detectors : [];
  return Array.isArray(list) ? list.flatMap((item) => (isMapping(item) ? Object.keys(item) : [])) : [];
}
