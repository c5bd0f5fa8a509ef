// The JSON Schema of a whole configuration: every component there is.
import type { Entry } from "../component/entry.ts";
import type { ComponentFactory } from "../component/index.ts";
import { DEFINITIONS, type JsonSchema, jsonSchema } from "../confmap/json-schema.ts";
import type { Catalog } from "./catalog.ts";
import { serviceConfig } from "./config-schema.ts";
import type { Registry } from "./registry.ts";

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;

/** Describes every configuration that decodes with the components of `registry`. */
export async function configurationSchema(registry: Registry): Promise<JsonSchema> {
  const definitions: Record<string, JsonSchema> = { ...DEFINITIONS };
  const sections: Record<string, JsonSchema> = {};
  for (const section of SECTIONS) {
    const catalog: Catalog<ComponentFactory<unknown>> = registry[section];
    sections[section] = sectionSchema(section, catalog);
    for (const { type, load } of catalog.entries)
      definitions[`${section}.${type}`] = jsonSchema((await load()).config);
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "wattspan configuration",
    type: ["object", "null"],
    properties: { ...sections, service: jsonSchema(serviceConfig) },
    additionalProperties: false,
    $defs: definitions,
  };
}

/** The types by their names, for editors to offer, and with anything that may follow one in an id. */
function sectionSchema(section: string, catalog: Catalog<ComponentFactory<unknown>>): JsonSchema {
  const component = ({ type }: Entry<unknown>): JsonSchema => ({ $ref: `#/$defs/${section}.${type}` });
  const names = (entry: Entry<unknown>) => [entry.type, ...(entry.aliases ?? [])];
  return {
    anyOf: [
      {
        type: "object",
        properties: Object.fromEntries(
          catalog.entries.flatMap((entry) => names(entry).map((name) => [name, component(entry)] as const)),
        ),
        patternProperties: Object.fromEntries(
          catalog.entries.map((entry) => [
            `^\\s*(?:${names(entry).join("|")})\\s*(?:/.+)?$`,
            component(entry),
          ]),
        ),
        additionalProperties: false,
      },
      { $ref: "#/$defs/substitution" },
      { type: "null" },
    ],
  };
}
