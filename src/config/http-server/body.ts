// Hot: a request's body, read and decompressed within its limit.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Decompress } from "../compression/decompress.ts";
import { TooLargeError } from "../compression/errors.ts";
import { type RequestBytes, STALL_MS } from "../server/in-flight.ts";

/** A body that cannot be had. The message is Go's; `whole` says whether all of it has been read. */
export class BodyError extends Error {
  override readonly name = "BodyError";
  readonly whole: boolean;

  constructor(message: string, whole: boolean, options?: ErrorOptions) {
    super(message, options);
    this.whole = whole;
  }
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
    if (cause instanceof TooLargeError) throw new BodyError(TOO_LARGE, false, { cause });
    throw cause instanceof Error && cause.name === "CorruptError"
      ? new BodyError(cause.message, true, { cause })
      : cause;
  }
}

function readRaw(
  request: IncomingMessage | Http2ServerRequest,
  maxBytes: number,
  held: RequestBytes,
): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > maxBytes) throw new BodyError(TOO_LARGE, false);
  held.take(announced);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (error: unknown) => {
      clearTimeout(stall);
      request.pause();
      reject(error);
    };
    const stall = setTimeout(() => fail(new BodyError("i/o timeout", false)), STALL_MS);
    request.on("data", (chunk: Buffer) => {
      stall.refresh();
      length += chunk.length;
      if (length > maxBytes) return fail(new BodyError(TOO_LARGE, false));
      try {
        if (length > announced) held.take(chunk.length);
      } catch (error) {
        return fail(error);
      }
      chunks.push(chunk);
    });
    request.on("end", () => {
      clearTimeout(stall);
      resolve(Buffer.concat(chunks, length));
    });
    request.on("close", () => fail(new BodyError("unexpected EOF", false)));
    request.on("error", () => {}); // "close" follows.
  });
}
