// Unary calls by grpc-js, the client that others have written.
import { once } from "node:events";
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Signal } from "../../src/pdata/index.ts";

export const METHODS: { readonly [S in Signal]: string } = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

const asIs = (bytes: Buffer): Buffer => bytes;

/** How a call ended. */
export interface Outcome {
  readonly response?: Buffer;
  readonly code: number;
  readonly details: string;
  readonly trailers: Metadata;
}

/** A client that is closed with `using`. */
export class GrpcCaller {
  readonly client: Client;

  constructor(
    target: string,
    channel: ChannelCredentials = credentials.createInsecure(),
    options: object = {},
  ) {
    this.client = new Client(target, channel, options);
  }

  async call(
    path: string,
    request: Buffer,
    options: { readonly metadata?: Record<string, string>; readonly call?: CallOptions } = {},
  ): Promise<Outcome> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
    let outcome: { error: ServiceError | null; response: Buffer | undefined } | undefined;
    const call = this.client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      request,
      metadata,
      options.call ?? {},
      (error, response) => {
        outcome = { error, response };
      },
    );
    const [status] = await once(call, "status");
    while (!outcome) await new Promise(setImmediate);
    return {
      code: status.code,
      details: status.details,
      trailers: status.metadata,
      ...(outcome.response && { response: outcome.response }),
    };
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}
