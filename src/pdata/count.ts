// Hot path: counts items by walking length prefixes; nothing inside an item is looked at.
import { Reader } from "./protobuf/reader.ts";
import type { Shape } from "./shape.ts";

/** How many items lie in the message `reader` is at. Throws MalformedError. */
export function countItems(reader: Reader, shape: Shape): number {
  const { children, child } = shape;
  let count = 0;
  while (reader.next()) {
    if (!children.includes(reader.field)) continue;
    if (child) count += countItems(reader.message(), child);
    else {
      reader.expectMessage();
      count++;
    }
  }
  return count;
}

/** How many children of the outermost level (resources) lie in `bytes`. */
export function countResources(bytes: Uint8Array, shape: Shape): number {
  return countItems(new Reader(bytes), { children: shape.children, child: undefined });
}
