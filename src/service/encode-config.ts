import { encode } from "../confmap/encode.ts";
import type { AgentConfig } from "./config.ts";
import { serviceConfig } from "./config-schema.ts";

const SECTIONS = ["connectors", "exporters", "extensions", "processors", "receivers"] as const;

/** A whole configuration as a user could have written it, every default included. */
export function encodeConfig(config: AgentConfig, unredacted: boolean): object {
  const sections = SECTIONS.map((section) => {
    const components = [...config[section].values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const encoded = components.map(
      ({ id, factory, config: value }) => [id, encode(factory.config, value, unredacted)] as const,
    );
    return [section, Object.fromEntries(encoded)] as const;
  });
  return { ...Object.fromEntries(sections), service: encode(serviceConfig, config.service, unredacted) };
}
