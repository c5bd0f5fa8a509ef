import type { IncomingHttpHeaders } from "node:http2";
import type { Stream, StreamListener } from "./stream.ts";

/** What happens on a connection, for its owner. */
export interface ConnectionOwner {
  /** How many streams may be open at a time; 0 for no limit. */
  readonly maxConcurrentStreams: number;
  /** A call begins. */
  opened(stream: Stream, headers: IncomingHttpHeaders): StreamListener;
  streamClosed(): void;
  /** The peer asks whether we are there. */
  pinged(): void;
  closed(error: Error | undefined): void;
}
