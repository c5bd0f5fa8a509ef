// What components are without those of their settings that this build lacks.
import { parseId } from "../component/id.ts";
import type { ComponentFactory, Logger } from "../component/index.ts";
import { isMapping, unexpand } from "../confmap/expanded.ts";
import type { RawConfig } from "../confmap/merge.ts";
import type { Registry } from "./registry.ts";

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;

type Section = (typeof SECTIONS)[number];

/** Has every component leave out what it says it cannot do. Warns of each. */
export async function skipUnsupportedParts(
  raw: RawConfig,
  registry: Registry,
  logger: Logger,
): Promise<RawConfig> {
  const left = { ...raw };
  for (const section of SECTIONS) {
    const components = unexpand(raw[section]);
    if (isMapping(components)) left[section] = await withoutParts(section, components, registry, logger);
  }
  return left;
}

async function withoutParts(
  section: Section,
  components: RawConfig,
  registry: Registry,
  logger: Logger,
): Promise<RawConfig> {
  const left: Record<string, unknown> = { ...components };
  for (const [id, config] of Object.entries(components)) {
    const factory = await factoryOf(section, id, registry);
    const { supported, leftOut } = factory?.withoutUnsupported?.(config) ?? {
      supported: config,
      leftOut: [],
    };
    left[id] = supported;
    for (const part of leftOut) logger.warn({ section, id, part }, "Left out a part that this build lacks.");
  }
  return left;
}

/** Undefined for what is no id, or no component, which is told later. */
async function factoryOf(
  section: Section,
  id: string,
  registry: Registry,
): Promise<ComponentFactory<unknown> | undefined> {
  try {
    const found = registry[section].find(parseId(id).type);
    return found && ((await found.entry.load()) as ComponentFactory<unknown>);
  } catch {
    return undefined;
  }
}
