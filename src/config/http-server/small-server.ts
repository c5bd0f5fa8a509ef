// A server of an extension: answers small requests about the agent itself.
import type { Logger } from "../../component/index.ts";
import { InFlight } from "../server/in-flight.ts";
import type { HttpServerConfig } from "./config.ts";
import type { HttpAnswer, HttpRequest } from "./request.ts";
import { HttpServer } from "./server.ts";

const MAX_IN_FLIGHT_BYTES = 1 << 20;

/** A server whose answers are made at once; what goes wrong is answered in plain text. */
export function smallServer(
  config: HttpServerConfig,
  logger: Logger,
  answer: (request: HttpRequest) => HttpAnswer,
): HttpServer {
  return new HttpServer({
    config,
    handler: async (request) => answer(request),
    errorAnswer: (_head, message, status) => ({
      status,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: `${message}\n`,
    }),
    inFlight: new InFlight(MAX_IN_FLIGHT_BYTES),
    logger,
  });
}
