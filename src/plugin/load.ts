import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as schema from "../confmap/schema.ts";
import * as consumer from "../consumer/index.ts";
import * as pdata from "../pdata/index.ts";
import type { Plugin, PluginApi, PluginModule } from "./index.ts";

/** A plugin that cannot be used. The message is complete. */
export class PluginError extends Error {
  override readonly name = "PluginError";
}

/** A plugin, and the package it is from as `components` shows it. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly module: string;
}

const KINDS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;
const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const API: PluginApi = { schema, consumer, pdata };

/**
 * Loads a plugin by the path of its file, or by its package's name as seen from `directory` or else from this program.
 * Throws a PluginError.
 */
export async function loadPlugin(spec: string, directory: string): Promise<LoadedPlugin> {
  try {
    const path = locate(spec, directory);
    const module = (await import(pathToFileURL(path).href)) as Partial<PluginModule>;
    if (typeof module.plugin !== "function") throw new Error("exports no function named plugin");
    const plugin: unknown = await module.plugin(API);
    check(plugin);
    return { plugin, module: moduleOf(path, spec) };
  } catch (cause) {
    throw new PluginError(`load plugin ${JSON.stringify(spec)}: ${(cause as Error).message}`, { cause });
  }
}

function locate(spec: string, directory: string): string {
  if (spec.startsWith("file:")) return fileURLToPath(spec);
  if (isAbsolute(spec) || /^\.\.?\//.test(spec)) return resolveFrom(spec, directory);
  try {
    return resolveFrom(spec, directory);
  } catch {
    return createRequire(import.meta.url).resolve(spec);
  }
}

function resolveFrom(spec: string, directory: string): string {
  return createRequire(join(directory, "package.json")).resolve(spec);
}

function check(plugin: unknown): asserts plugin is Plugin {
  const entries = KINDS.flatMap((kind) => {
    const list = (plugin as Record<string, unknown> | undefined)?.[kind] ?? [];
    if (!Array.isArray(list)) throw new Error(`${kind} is no list`);
    return list.map((entry: unknown, index) => ({ entry, name: `${kind}[${index}]` }));
  });
  if (entries.length === 0) throw new Error(`gives none of ${KINDS.join(", ")}`);
  for (const { entry, name } of entries) {
    const { type, load } = (entry ?? {}) as Record<string, unknown>;
    if (typeof type !== "string" || !TYPE.test(type)) throw new Error(`${name}.type is no component's type`);
    if (typeof load !== "function") throw new Error(`${name}.load is no function`);
  }
}

/** The package's name and version, as those of this program's components are shown; without a package, the spec. */
function moduleOf(path: string, spec: string): string {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    return name === undefined ? spec : `${name} v${version ?? "0.0.0"}`;
  }
  return spec;
}
