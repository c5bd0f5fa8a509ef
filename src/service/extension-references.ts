import { formatId, parseId } from "../component/id.ts";
import { isMapping, unexpand } from "../confmap/expanded.ts";

/** The keys whose value is the id of an extension, wherever in a component's section they stand. */
const REFERENCES: ReadonlySet<string> = new Set(["authenticator", "storage"]);

/** The ids of the extensions that a component's raw section says it needs: its guards, credentials and storage. */
export function neededExtensions(section: unknown): readonly string[] {
  const plain = unexpand(section);
  if (Array.isArray(plain)) return plain.flatMap(neededExtensions);
  if (!isMapping(plain)) return [];
  return Object.entries(plain).flatMap(([key, value]) => {
    if (REFERENCES.has(key)) return idOf(value);
    return key === "middlewares" ? middlewareIds(value) : neededExtensions(value);
  });
}

function middlewareIds(list: unknown): readonly string[] {
  const plain = unexpand(list);
  if (!Array.isArray(plain)) return [];
  return plain.flatMap((item) => {
    const middleware = unexpand(item);
    return isMapping(middleware) ? idOf(middleware.id) : [];
  });
}

/** Nothing for what is no id, which is told later. */
function idOf(value: unknown): readonly string[] {
  const plain = unexpand(value);
  try {
    return typeof plain === "string" ? [formatId(parseId(plain))] : [];
  } catch {
    return [];
  }
}
