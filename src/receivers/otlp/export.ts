// What both protocols do with a request: hand its bytes to the pipeline, unread, once they are known to be protobuf.
import { CODE } from "../../config/rpc-status/codes.ts";
import { StatusError } from "../../config/rpc-status/status.ts";
import type { Consumer, Context } from "../../consumer/index.ts";
import { dataFromBytes, MalformedError, type Signal, type SignalData } from "../../pdata/index.ts";

/**
 * The Export*ServiceResponse of all signals: an empty partial_success, as the Collector answers. What the pipeline
 * does not take it refuses whole, so nothing else is ever answered.
 */
export const RESPONSE: Buffer = Buffer.from([0x0a, 0x00]);
export const JSON_RESPONSE = '{"partialSuccess":{}}';

/** Makes a signal's data of a request's bytes. */
export type Decode = <S extends Signal>(signal: S, request: Uint8Array) => SignalData[S];

/** The data of a request. Throws an InvalidArgument when the bytes are not what they should be. */
export function decodeRequest<S extends Signal>(
  signal: S,
  request: Uint8Array,
  decode: Decode = dataFromBytes,
): SignalData[S] {
  try {
    const data = decode(signal, request);
    void data.itemCount; // Walks the bytes; what it finds is kept for whoever counts.
    return data;
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new StatusError({ code: CODE.INVALID_ARGUMENT, message: cause.message }, { cause });
  }
}

/** Resolves when the pipeline has taken the data. A request without items is not worth its while. */
export async function exportData<S extends Signal>(
  next: Consumer<S>,
  data: SignalData[S],
  context: Context,
): Promise<void> {
  if (data.itemCount > 0) await next.consume(data, context);
}
