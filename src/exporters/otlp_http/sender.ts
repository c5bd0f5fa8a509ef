import type { Host, Settings } from "../../component/index.ts";
import { refuseExtensions } from "../../config/extensions.ts";
import { HttpClient } from "../../config/http-client/client.ts";
import { userAgent } from "../../config/user-agent.ts";
import { type Capabilities, type Context, PermanentError } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { encodeJson } from "../../pdata/json/encode.ts";
import type { Sender } from "../helper/exporter.ts";
import { logPartialSuccess } from "../helper/partial-success.ts";
import { toPipelineError } from "./answer.ts";
import { type OtlpHttpConfig, urlOf } from "./config.ts";
import { responseBytes } from "./response.ts";

/** More of an answer is never looked at. */
const MAX_ANSWER_BYTES = 64 * 1024;

const CONTENT_TYPES = { proto: "application/x-protobuf", json: "application/json" } as const;

/** Posts each batch. Retrying and the queue are wrapped around it by the factory. */
export class OtlpHttpSender<S extends Signal> implements Sender<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #signal: S;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  #client: HttpClient | undefined;

  /** Throws when the configuration has no endpoint for `signal`. */
  constructor(settings: Settings, config: OtlpHttpConfig, signal: S) {
    this.#settings = settings;
    this.#config = config;
    this.#signal = signal;
    this.#url = urlOf(config, signal);
    this.#headers = {
      "Content-Type": CONTENT_TYPES[config.encoding],
      "User-Agent": userAgent(settings.buildInfo),
    };
  }

  async start(host: Host): Promise<void> {
    refuseExtensions(host, "HTTP client", this.#config);
    const { logger, counters } = this.#settings;
    const warn = ({ message }: Error) =>
      logger.error({ error: message }, "Certificates could not be reloaded; the old ones are used.");
    this.#client = new HttpClient(this.#config, warn, counters);
  }

  async shutdown(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Bytes that are not OTLP will not be so the next time either. */
  #encode(data: SignalData[S]): Uint8Array {
    if (this.#config.encoding === "proto") return data.bytes();
    try {
      return encodeJson(data);
    } catch (cause) {
      throw new PermanentError(`encode ${data.signal} as JSON: ${(cause as Error).message}`, { cause });
    }
  }

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    const client = this.#client;
    if (!client) throw new Error(`post to ${this.#url.href}: the exporter is not started`);
    const answer = await client
      .post({
        url: this.#url,
        headers: this.#headers,
        body: this.#encode(data),
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal: context?.signal,
      })
      .catch((cause: Error) => {
        throw new Error(`failed to make an HTTP request: ${cause.message}`, { cause });
      });
    if (answer.status < 200 || answer.status > 299) throw toPipelineError(this.#url, answer);
    logPartialSuccess(this.#settings.logger, this.#signal, () => responseBytes(this.#signal, answer));
    data.release();
  }
}
