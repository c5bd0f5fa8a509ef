import type { ServiceError } from "@grpc/grpc-js";
import type { Host, Settings } from "../../component/index.ts";
import { countCall } from "../../config/grpc-client/metrics.ts";
import { CODE } from "../../config/rpc-status/codes.ts";
import type { Capabilities, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { Sender } from "../helper/exporter.ts";
import { logPartialSuccess } from "../helper/partial-success.ts";
import type { SharedClient } from "./client.ts";
import { unread } from "./compressor.ts";
import { isWritten } from "./pieces.ts";
import { toPipelineError } from "./status.ts";

const METHODS: { readonly [S in Signal]: string } = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

/** Sends each batch in one call. Retrying and the queue are wrapped around it by the factory. */
export class OtlpGrpcSender<S extends Signal> implements Sender<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #signal: S;
  readonly #client: SharedClient;
  #open = false;

  constructor(settings: Settings, signal: S, client: SharedClient) {
    this.#settings = settings;
    this.#signal = signal;
    this.#client = client;
  }

  async start(host: Host): Promise<void> {
    this.#client.open(host);
    this.#open = true;
  }

  async shutdown(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#client.close();
  }

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    const request = data.chunks;
    const response = await this.#call(request, context?.signal);
    logPartialSuccess(this.#settings.logger, this.#signal, () => response);
    await unread(request);
    if (isWritten(request)) data.release(); // Else the garbage collector finds out when nobody reads it any more.
  }

  async #call(request: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<Buffer> {
    const beganMs = performance.now();
    try {
      const response = await this.#client.call(METHODS[this.#signal], request, signal);
      this.#count(CODE.OK, beganMs);
      return response;
    } catch (error) {
      if (!isServiceError(error)) throw error;
      this.#count(error.code, beganMs);
      throw toPipelineError(error);
    }
  }

  #count(code: number, beganMs: number): void {
    const { counters } = this.#settings;
    if (!counters.detailed) return;
    countCall(counters, METHODS[this.#signal], code, performance.now() - beganMs);
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
