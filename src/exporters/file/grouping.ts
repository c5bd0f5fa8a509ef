// Which file a resource goes to, by one of its attributes.
import { posix } from "node:path";
import { type Attributes, attribute, pushAttribute } from "../../pdata/decode/common.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";

/** The resources of a request by the value of the attribute `name`; under undefined those that have no such text. */
export function groupByAttribute(request: Uint8Array, name: string): Map<string | undefined, Uint8Array[]> {
  const groups = new Map<string | undefined, Uint8Array[]>();
  const reader = new Reader(request);
  while (reader.next()) {
    if (reader.field !== 1) continue;
    const value = attribute(resourceAttributes(reader.message()), name);
    const segment = typeof value === "string" ? value : undefined;
    const group = groups.get(segment) ?? [];
    groups.set(segment, group);
    group.push(request.subarray(reader.tagStart, reader.stop));
  }
  return groups;
}

function resourceAttributes(group: Reader): Attributes {
  const attributes: Attributes = [];
  while (group.next()) {
    if (group.field !== 1) continue;
    const resource = group.message();
    while (resource.next()) if (resource.field === 1) pushAttribute(attributes, resource);
  }
  return attributes;
}

/** The path with `segment` for its `*`; whatever the segment is, it begins with what stands before the `*`. */
export function groupPath(path: string, segment: string): string {
  const [before = "", suffix = ""] = path.split("*");
  const prefix = posix.normalize(before);
  const inside = segment.startsWith("./") ? segment.slice(1) : segment.replace(/^\.\.\//, "/");
  const whole = posix.normalize(prefix + inside + suffix);
  if (whole.startsWith(prefix)) return whole;
  return posix.join(prefix, posix.join("/", inside + suffix));
}
