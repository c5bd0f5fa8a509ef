// One gRPC channel per exporter id, shared by its signals.
import {
  type CallOptions,
  Client,
  type ClientOptions,
  compressionAlgorithms,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { BuildInfo, Host, Settings } from "../../component/index.ts";
import { refuseExtensions } from "../../config/extensions.ts";
import { isBinaryHeader, target } from "../../config/grpc-client/config.ts";
import { channelCredentials } from "../../config/grpc-client/credentials.ts";
import { userAgent } from "../../config/user-agent.ts";
import { COMPRESSION_OPTION, inPieces, takesPieces } from "./compression.ts";
import type { OtlpGrpcConfig } from "./config.ts";

/** Sends one request, given in pieces, to one method. Rejects with grpc-js's ServiceError. */
export type Call = (
  path: string,
  request: readonly Uint8Array[],
  signal: AbortSignal | undefined,
) => Promise<Buffer>;

/** Longest pause between attempts to connect; gRPC's own, two minutes, would outlast several of our retries. */
const MAX_RECONNECT_MS = 10_000;

/** A client that is opened by the first signal that starts and closed by the last one that stops. */
export class SharedClient {
  readonly #config: OtlpGrpcConfig;
  readonly #settings: Settings;
  #users = 0;
  #client: Client | undefined;

  constructor(config: OtlpGrpcConfig, settings: Settings) {
    this.#config = config;
    this.#settings = settings;
  }

  /** Takes part in the client. Throws when TLS files cannot be loaded, or it is to go through an extension. */
  open(host: Host): void {
    refuseExtensions(host, "gRPC client", this.#config);
    this.#client ??= new Client(
      target(this.#config.endpoint),
      channelCredentials(this.#config, this.#tlsFailed),
      clientOptions(this.#config, this.#settings.buildInfo),
    );
    this.#users++;
  }

  close(): void {
    if (--this.#users > 0) return;
    this.#client?.close();
    this.#client = undefined;
  }

  readonly #tlsFailed = ({ message }: Error): void => {
    this.#settings.logger.error(
      { error: message },
      "Certificates could not be reloaded; the old ones are used.",
    );
  };

  readonly call: Call = (path, request, signal) =>
    new Promise((resolve, reject) => {
      const client = this.#client;
      if (!client) throw new Error(`call ${path}: the exporter is not started`);
      signal?.throwIfAborted();
      const done = (error: ServiceError | null, response?: Buffer) => {
        signal?.removeEventListener("abort", cancel);
        if (error) reject(error);
        else resolve(response ?? Buffer.alloc(0));
      };
      const options: CallOptions = { deadline: Date.now() + this.#config.timeoutMs };
      const call = client.makeUnaryRequest(
        path,
        takesPieces() ? inPieces : join,
        asIs,
        request,
        metadata(this.#config),
        options,
        done,
      );
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
}

function clientOptions(config: OtlpGrpcConfig, buildInfo: BuildInfo): ClientOptions {
  const { tls, keepalive } = config;
  return {
    "grpc.primary_user_agent": config.userAgent || userAgent(buildInfo),
    ...(config.balancerName && {
      "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ [config.balancerName]: {} }] }),
    }),
    "grpc.enable_retries": 0, // Retrying is retry_on_failure's business.
    "grpc.max_reconnect_backoff_ms": MAX_RECONNECT_MS,
    ...(isCompressed(config) && { "grpc.default_compression_algorithm": compressionAlgorithms.gzip }),
    ...(isCompressed(config) &&
      config.compression !== "gzip" && { [COMPRESSION_OPTION]: config.compression }),
    ...(config.authority && { "grpc.default_authority": config.authority }),
    ...(tls.serverNameOverride && { "grpc.ssl_target_name_override": tls.serverNameOverride }),
    ...(keepalive && {
      "grpc.keepalive_time_ms": keepalive.timeMs,
      "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
      "grpc.keepalive_permit_without_calls": keepalive.permitWithoutStream ? 1 : 0,
    }),
  };
}

function metadata({ headers, waitForReady }: OtlpGrpcConfig): Metadata {
  const metadata = new Metadata({ waitForReady });
  for (const [name, value] of Object.entries(headers))
    metadata.set(name, isBinaryHeader(name) ? Buffer.from(value) : value);
  return metadata;
}

function isCompressed({ compression }: OtlpGrpcConfig): boolean {
  return compression !== "" && compression !== "none";
}

function join(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces;
  if (!first || pieces.length > 1) return Buffer.concat(pieces);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
