// What a server left out although it took a request: the partial_success of an Export*ServiceResponse.
import type { Logger } from "../../component/index.ts";
import { type FieldTable, readFields } from "../../pdata/decode/message.ts";
import type { Signal } from "../../pdata/index.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";

/** What a server kept although it answered OK. */
export interface PartialSuccess {
  readonly rejected: bigint;
  readonly message: string;
}

const DROPPED: { readonly [S in Signal]: string } = {
  traces: "dropped_spans",
  metrics: "dropped_data_points",
  logs: "dropped_log_records",
};

/** Logs what `response` says was left out. The request was taken: nothing in its answer may make it fail. */
export function logPartialSuccess(logger: Logger, signal: Signal, response: () => Uint8Array): void {
  try {
    const partial = partialSuccess(response());
    if (!partial) return;
    const attributes = { message: partial.message, [DROPPED[signal]]: Number(partial.rejected) };
    logger.warn(attributes, "Partial success response");
  } catch (error) {
    logger.warn({ error: (error as Error).message }, "Server's answer could not be read.");
  }
}

/** The partial_success of an Export*ServiceResponse; undefined when all was taken. Throws MalformedError. */
export function partialSuccess(response: Uint8Array): PartialSuccess | undefined {
  const { partial } = readFields<Response>(new Reader(response), { partial: undefined }, RESPONSE);
  return partial && (partial.rejected !== 0n || partial.message !== "") ? partial : undefined;
}

interface Response {
  readonly partial: PartialSuccess | undefined;
}

const RESPONSE: FieldTable<Response> = {
  1: (into, field) => {
    into.partial = readFields(field.message(), { rejected: 0n, message: "" }, PARTIAL_SUCCESS);
  },
};

const PARTIAL_SUCCESS: FieldTable<PartialSuccess> = {
  1: (into, field) => {
    into.rejected = field.int64();
  },
  2: (into, field) => {
    into.message = field.string();
  },
};
