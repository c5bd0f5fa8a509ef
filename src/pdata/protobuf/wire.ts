// The protobuf wire format's field kinds, and the error for bytes that are not protobuf.

/** Wire types OTLP uses; groups (3, 4) are not part of proto3 and are refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Bytes that are not a well-formed message; whoever sent them must not send them again. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}
