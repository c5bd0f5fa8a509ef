// `resource: detection/development`: what the agent finds out about itself and where it runs.
import { hostname, release, type as systemName, userInfo, version } from "node:os";
import { basename } from "node:path";
import type { Attributes, BuildInfo } from "../../component/index.ts";
import { isMapping } from "../../confmap/expanded.ts";
import { DETECTORS } from "../../processors/resource_detection/detectors/index.ts";
import { ownSurroundings } from "../../processors/resource_detection/surroundings.ts";
import { detectorsOf } from "./resource.ts";
import { selected } from "./views.ts";

type Detector = (buildInfo: BuildInfo) => Readonly<Record<string, unknown>>;

/** Those that look at this host alone; the Collector's others ask a cloud's network. */
const detectors: Readonly<Record<string, Detector | undefined>> = {
  container: () => {
    const id = found(() => DETECTORS.container(ownSurroundings, NO_SYSTEM).get("container.id"));
    return id === undefined ? {} : { "container.id": id };
  },
  host: () => ({
    "host.name": hostname(),
    "os.type": "linux",
    "os.description": `${systemName()} ${release()} ${version()}`,
  }),
  process: () => ({
    "process.pid": process.pid,
    "process.executable.name": basename(process.execPath),
    "process.executable.path": process.execPath,
    "process.command_args": [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    "process.owner": found(() => userInfo().username),
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    "process.runtime.description": "Node.js",
  }),
  service: ({ command }) => ({ "service.name": command }),
};

const NO_SYSTEM = {} as Parameters<typeof DETECTORS.container>[1];

/** What the detectors that the section names have found, as far as `attributes` lets it through. */
export function detected(section: unknown, buildInfo: BuildInfo): Attributes {
  if (!isMapping(section)) return {};
  const all = Object.assign({}, ...detectorsOf(section).map((name) => detectors[name]?.(buildInfo)));
  const present = Object.entries(all).filter(([, value]) => value !== undefined);
  const keys = isMapping(section.attributes) ? section.attributes : {};
  const passing = selected(Object.fromEntries(present.map(([name]) => [name, ""])), {
    included: texts(keys.included),
    excluded: texts(keys.excluded),
  });
  return Object.fromEntries(present.filter(([name]) => name in passing));
}

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}

/** Undefined where this host does not tell. */
function found<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
