import type { Context } from "../../consumer/index.ts";

const METADATA = "metadata.";

/** What `from_context` names: `client.address`, or a header by `metadata.NAME` or NAME; several are joined by `;`. */
export function contextValue(context: Context | undefined, name: string): string | undefined {
  const client = context?.client;
  if (name === "client.address") return client?.address ?? "";
  const header = name.startsWith(METADATA) ? name.slice(METADATA.length) : name;
  const values = client?.metadata.get(header.toLowerCase()) ?? [];
  return values.length === 0 ? undefined : values.join(";");
}
