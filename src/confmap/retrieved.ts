import { parseYaml, YamlError } from "./yaml.ts";

/** What a location held: its text, and what the text means as YAML. */
export interface Retrieved {
  readonly value: unknown;
  readonly text: string;
  /** Why the text was taken as a string, if it is not YAML. */
  readonly hint?: string;
}

/** Text that may be YAML; what is not is taken verbatim as a string. */
export function retrievedFromYaml(text: string): Retrieved {
  try {
    const value = parseYaml(text);
    return { value: typeof value === "string" ? text : value, text };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const hint = `assuming string type since contents are not valid YAML: ${error.message}`;
    return { value: text, text, hint };
  }
}
