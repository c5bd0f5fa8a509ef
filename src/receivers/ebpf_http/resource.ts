import type { ResourceAttribute } from "../../ebpf/process/service.ts";
import type { EncodedResource } from "../../pdata/builder.ts";
import { internAttribute } from "../../pdata/index.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";

/** Resource.attributes */
const ATTRIBUTES = 0x0a;

/** Encodes a resource once, for all the spans and metrics of its process. */
export function encodeResource(attributes: readonly ResourceAttribute[]): EncodedResource {
  const out = new Writer(1024);
  for (const [key, value] of attributes) {
    const { encoded } = internAttribute(key, value);
    const attribute = out.begin(ATTRIBUTES);
    out.reserve(4 * encoded.words.length);
    out.rawEncoded(encoded);
    out.end(attribute);
  }
  return out.take();
}
