// Hot: a request's body, read and decompressed within its limit.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Decompress } from "../compression/decompress.ts";
import { TooLargeError } from "../compression/errors.ts";
import type { RequestBytes } from "../server/in-flight.ts";

/** A body that cannot be had. The message is Go's. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

const TOO_LARGE = "http: request body too large";

/** The body of `request` after decompression. Rejects with a BodyError, or a StatusError when too much is held. */
export async function readBody(
  request: IncomingMessage | Http2ServerRequest,
  decompress: Decompress,
  maxBytes: number,
  held: RequestBytes,
): Promise<Buffer> {
  const raw = await readRaw(request, maxBytes, held);
  try {
    const body = await decompress(raw, maxBytes);
    if (body !== raw) held.take(body.length);
    return body;
  } catch (cause) {
    if (cause instanceof TooLargeError) throw new BodyError(cause.message || TOO_LARGE, { cause });
    throw cause instanceof Error && cause.name === "CorruptError"
      ? new BodyError(cause.message, { cause })
      : cause;
  }
}

function readRaw(
  request: IncomingMessage | Http2ServerRequest,
  maxBytes: number,
  held: RequestBytes,
): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > maxBytes) throw new BodyError(TOO_LARGE);
  held.take(announced);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (error: unknown) => {
      clearTimeout(stall);
      request.off("data", read);
      reject(error);
    };
    const stall = setTimeout(() => fail(new BodyError("i/o timeout")), held.stallMs);
    const read = (chunk: Buffer) => {
      stall.refresh();
      length += chunk.length;
      if (length > maxBytes) return fail(new BodyError(TOO_LARGE));
      try {
        if (length > announced) held.take(chunk.length);
      } catch (error) {
        return fail(error);
      }
      chunks.push(chunk);
    };
    request.on("data", read);
    request.on("end", () => {
      clearTimeout(stall);
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    });
    request.on("close", () => fail(new BodyError("unexpected EOF")));
    request.on("error", () => {}); // "close" follows.
  });
}
