import type { Component, Host, Settings } from "../../component/index.ts";
import { GrpcServer } from "../../config/grpc-server/server.ts";
import { HttpServer } from "../../config/http-server/server.ts";
import { InFlight } from "../../config/server/in-flight.ts";
import type { Consumers } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";
import type { OtlpConfig } from "./config.ts";
import { grpcHandlers } from "./grpc.ts";
import { errorAnswer, httpHandler } from "./http.ts";

/** What requests may hold until they are answered: some fifty of the largest that gRPC takes by default. */
const MAX_IN_FLIGHT_BYTES = 256 * 2 ** 20;

interface Server {
  start(host: Host): Promise<string>;
  shutdown(signal: AbortSignal): Promise<void>;
}

/** Serves OTLP over gRPC and HTTP. A request is answered when the pipeline has taken or refused its data. */
export class OtlpReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: OtlpConfig;
  readonly #next: Consumers<Signal>;
  readonly #inFlight = new InFlight(MAX_IN_FLIGHT_BYTES);
  #servers: Server[] = [];

  constructor(settings: Settings, config: OtlpConfig, next: Consumers<Signal>) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
  }

  async start(host: Host): Promise<void> {
    try {
      await this.#startGrpc(host);
      await this.#startHttp(host);
    } catch (error) {
      await this.shutdown(AbortSignal.abort());
      throw error;
    }
  }

  /** HTTP first, as upstream. */
  async shutdown(signal: AbortSignal): Promise<void> {
    const servers = this.#servers.reverse();
    this.#servers = [];
    for (const server of servers) await server.shutdown(signal);
  }

  async #startGrpc(host: Host): Promise<void> {
    const config = this.#config.protocols.grpc;
    if (!config) return;
    const server = new GrpcServer({
      config,
      handlers: grpcHandlers(this.#next),
      inFlight: this.#inFlight,
      logger: this.#settings.logger,
      counters: this.#settings.counters,
    });
    await this.#serve(server, "Starting GRPC server", host);
  }

  async #startHttp(host: Host): Promise<void> {
    const config = this.#config.protocols.http;
    if (!config) return;
    const server = new HttpServer({
      config,
      handler: httpHandler(config, this.#next),
      errorAnswer,
      inFlight: this.#inFlight,
      logger: this.#settings.logger,
      counters: this.#settings.counters,
    });
    await this.#serve(server, "Starting HTTP server", host);
  }

  async #serve(server: Server, message: string, host: Host): Promise<void> {
    this.#servers.push(server);
    const endpoint = await server.start(host);
    this.#settings.logger.info({ endpoint }, message);
  }
}
