import type { Surroundings } from "./index.ts";

/** Where `host.name` may come from; each throws where it has none. */
export const HOSTNAME_SOURCES: Readonly<Record<string, (surroundings: Surroundings) => string>> = {
  os: ({ hostname }) => hostname(),
  dns: qualifiedName,
  // What the Collector asks a name server for, by name and by address.
  cname: qualifiedName,
  lookup: qualifiedName,
};

/** The fully qualified name, as /etc/hosts has it: nobody is asked over the network. */
function qualifiedName({ hostname, readText }: Surroundings): string {
  const name = hostname();
  if (name.includes(".")) return name;
  for (const line of (readText("/etc/hosts") ?? "").split("\n")) {
    const names = line.replace(/#.*/, "").trim().split(/\s+/).slice(1);
    const qualified = names.includes(name) ? names.find((each) => each.startsWith(`${name}.`)) : undefined;
    if (qualified) return qualified;
  }
  throw new Error(`no fully qualified name for ${JSON.stringify(name)} in /etc/hosts`);
}
