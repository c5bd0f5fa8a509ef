import type { HttpAnswer } from "../../config/http-client/client.ts";
import type { Signal } from "../../pdata/index.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";

const REJECTED: { readonly [S in Signal]: string } = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

/** The Export*ServiceResponse of an answer as protobuf, in whichever encoding it came. Throws when it is in neither. */
export function responseBytes(signal: Signal, { headers, body }: HttpAnswer): Uint8Array {
  const type = headers["content-type"] ?? "";
  if (body.length === 0 || type.startsWith("application/x-protobuf")) return body;
  if (!type.startsWith("application/json")) return new Uint8Array(); // Not OTLP's: it has nothing to say.
  const { partialSuccess } = JSON.parse(body.toString()) as { readonly partialSuccess?: JsonPartial };
  const out = new Writer(64);
  const partial = out.begin(0x0a);
  out.uint32(0x08, Number(partialSuccess?.[REJECTED[signal]] ?? 0));
  out.string(0x12, String(partialSuccess?.errorMessage ?? ""));
  out.end(partial);
  return out.take();
}

type JsonPartial = Readonly<Record<string, unknown>>;
