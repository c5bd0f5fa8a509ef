// What a configuration is without the components that this build lacks. Works on the raw configuration, so that
// whatever else is wrong with it is still found.
import { formatId, parseId } from "../component/id.ts";
import type { Logger } from "../component/index.ts";
import { isMapping, unexpand } from "../confmap/expanded.ts";
import type { RawConfig } from "../confmap/merge.ts";
import { neededExtensions } from "./extension-references.ts";
import type { Registry } from "./registry.ts";

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;
const PARTS = ["receivers", "processors", "exporters"] as const;

type Section = (typeof SECTIONS)[number];
/** The ids that are left out, by section. */
type LeftOut = Readonly<Record<Section, ReadonlySet<string>>>;
type Pipelines = ReadonlyMap<string, RawConfig>;

/**
 * Leaves out every component whose type is not in the registry, or that needs an extension of which that is so, from its
 * section and from wherever the service names it, and then every pipeline that has no receiver or no exporter left. Warns of each.
 */
export function skipUnsupported(raw: RawConfig, registry: Registry, logger: Logger): RawConfig {
  const missing = bySection((section) => unknownIds(mapping(raw[section]), registry[section].names));
  tell(missing, raw, logger, "Left out a component that this build does not have.");
  const dependent = bySection((section) => idsThatNeed(missing.extensions, mapping(raw[section])));
  tell(dependent, raw, logger, "Left out a component that needs an extension that was left out.");
  const leftOut = bySection((section) => new Set([...missing[section], ...dependent[section]]));
  const kept = SECTIONS.filter((section) => section in raw).map((section) => [
    section,
    without(raw[section], leftOut[section]),
  ]);
  return { ...raw, ...Object.fromEntries(kept), ...serviceWithout(raw, leftOut, logger) };
}

function bySection(idsOf: (section: Section) => ReadonlySet<string>): LeftOut {
  return Object.fromEntries(SECTIONS.map((section) => [section, idsOf(section)])) as LeftOut;
}

function tell(leftOut: LeftOut, raw: RawConfig, logger: Logger, message: string): void {
  for (const section of SECTIONS) {
    for (const id of leftOut[section])
      logger.warn({ section, id, pipelines: pipelinesWith(section, id, raw) }, message);
  }
}

/** To do without its guard, its credentials or its storage is for the user to decide. */
function idsThatNeed(extensions: ReadonlySet<string>, section: RawConfig): ReadonlySet<string> {
  const dependent = Object.entries(section).filter(([, config]) =>
    neededExtensions(config).some((id) => extensions.has(id)),
  );
  return new Set(dependent.flatMap(([key]) => idOf(key) ?? []));
}

function mapping(value: unknown): RawConfig {
  const plain = unexpand(value);
  return isMapping(plain) ? plain : {};
}

function unknownIds(section: RawConfig, known: readonly string[]): ReadonlySet<string> {
  const ids = Object.keys(section).flatMap((key) => idOf(key) ?? []);
  return new Set(ids.filter((id) => !known.includes(parseId(id).type)));
}

/** Undefined for what is no id, which is told later. */
function idOf(key: unknown): string | undefined {
  try {
    return formatId(parseId(String(unexpand(key))));
  } catch {
    return undefined;
  }
}

function without(section: unknown, ids: ReadonlySet<string>): unknown {
  const plain = unexpand(section);
  if (!isMapping(plain)) return section;
  return Object.fromEntries(Object.entries(plain).filter(([key]) => !ids.has(idOf(key) ?? "")));
}

function pipelinesWith(section: Section, id: string, raw: RawConfig): readonly string[] {
  const pipelines = Object.entries(mapping(mapping(raw.service).pipelines));
  const parts = section === "connectors" ? PARTS : PARTS.filter((part) => part === section);
  return pipelines
    .filter(([, pipeline]) => parts.some((part) => ids(mapping(pipeline)[part]).includes(id)))
    .map(([name]) => name);
}

function ids(list: unknown): readonly string[] {
  const plain = unexpand(list);
  return (Array.isArray(plain) ? plain : []).flatMap((item) => idOf(item) ?? []);
}

function serviceWithout(raw: RawConfig, leftOut: LeftOut, logger: Logger): { readonly service?: RawConfig } {
  const service = unexpand(raw.service);
  if (!isMapping(service)) return {};
  const extensions = { extensions: listWithout(service.extensions, leftOut.extensions) };
  const pipelines = complete(
    pipelinesWithout(mapping(service.pipelines), leftOut),
    connectorsOf(raw),
    logger,
  );
  return {
    service: {
      ...service,
      ...(service.extensions !== undefined && extensions),
      ...(service.pipelines !== undefined && { pipelines: Object.fromEntries(pipelines) }),
    },
  };
}

function pipelinesWithout(pipelines: RawConfig, leftOut: LeftOut): Pipelines {
  return new Map(
    Object.entries(pipelines).map(([name, pipeline]) => {
      const parts = Object.entries(mapping(pipeline)).map(([part, list]) => {
        const gone = part in leftOut ? [...leftOut[part as Section]] : [];
        const connectors = part === "processors" ? [] : leftOut.connectors;
        return [part, listWithout(list, new Set([...gone, ...connectors]))];
      });
      return [name, Object.fromEntries(parts)];
    }),
  );
}

function listWithout(list: unknown, gone: ReadonlySet<string>): unknown {
  const plain = unexpand(list);
  return Array.isArray(plain) ? plain.filter((item) => !gone.has(idOf(item) ?? "")) : list;
}

function connectorsOf(raw: RawConfig): readonly string[] {
  return Object.keys(mapping(raw.connectors)).flatMap((key) => idOf(key) ?? []);
}

/**
 * The pipelines that still have both ends. A connector that lost the pipelines on one of its sides has to leave those
 * on its other side too, and so on.
 */
function complete(pipelines: Pipelines, connectors: readonly string[], logger: Logger): Pipelines {
  const idle = connectors.filter(
    (id) => isUsed(id, "receivers", pipelines) !== isUsed(id, "exporters", pipelines),
  );
  for (const id of idle) logger.warn({ id }, "Left out a connector that has lost the pipelines on one side.");
  const rest = new Map<string, RawConfig>();
  for (const [name, pipeline] of pipelines) {
    const gone = new Set(idle);
    const left = {
      ...pipeline,
      receivers: listWithout(pipeline.receivers, gone),
      exporters: listWithout(pipeline.exporters, gone),
    };
    const missing = (["receivers", "exporters"] as const).find((part) => ids(left[part]).length === 0);
    if (missing === undefined) rest.set(name, left);
    else logger.warn({ pipeline: name }, `Left out a pipeline that has no ${missing} left.`);
  }
  const isStable = rest.size === pipelines.size && idle.length === 0;
  return isStable ? rest : complete(rest, connectors, logger);
}

function isUsed(id: string, part: "receivers" | "exporters", pipelines: Pipelines): boolean {
  return [...pipelines.values()].some((pipeline) => ids(pipeline[part]).includes(id));
}
