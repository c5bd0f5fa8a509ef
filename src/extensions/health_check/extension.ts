import type { Extension } from "../../component/extension.ts";
import type { Host, Logger } from "../../component/index.ts";
import type { ServiceView } from "../../component/view.ts";
import { refuseExtensions } from "../../config/extensions.ts";
import { type HttpAnswer, type HttpRequest, NOT_FOUND } from "../../config/http-server/request.ts";
import type { HttpServer } from "../../config/http-server/server.ts";
import { smallServer } from "../../config/http-server/small-server.ts";
import { formatDurationMs } from "../../confmap/duration.ts";
import type { HealthCheckConfig } from "./config.ts";
import { statusAnswer } from "./status-answer.ts";

/** Tells over HTTP whether the agent takes data. */
export class HealthCheckExtension implements Extension {
  readonly #config: HealthCheckConfig;
  readonly #logger: Logger;
  #server: HttpServer | undefined;
  /** Since when every receiver runs; undefined before, and once they stop. */
  #readySince: Date | undefined;

  constructor(config: HealthCheckConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  async start(host: Host): Promise<void> {
    const { http } = this.#config;
    this.#server = http
      ? smallServer(http, this.#logger, (request) => this.#status(request, host.view()))
      : smallServer(this.#config, this.#logger, (request) => this.#ready(request));
    const { endpoint } = http ?? this.#config;
    refuseExtensions(host, "HTTP server", http ?? this.#config); // Has nothing to do with the address.
    try {
      const address = await this.#server.start(host);
      this.#logger.info({ endpoint: address }, "Starting health_check extension");
    } catch (cause) {
      throw new Error(`failed to bind to address ${endpoint}: ${(cause as Error).message}`, { cause });
    }
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.shutdown(signal);
  }

  pipelineReady(): void {
    this.#readySince ??= new Date();
    this.#logger.info({ status: "ready" }, "Health Check state change");
  }

  pipelineNotReady(): void {
    this.#readySince = undefined;
    this.#logger.info({ status: "unavailable" }, "Health Check state change");
  }

  #status({ path, query }: HttpRequest, view: ServiceView): HttpAnswer {
    const { status } = this.#config.http!;
    if (!status.enabled || path !== status.path) return NOT_FOUND;
    const { componentHealth } = this.#config;
    return statusAnswer(view, new URLSearchParams(query), componentHealth);
  }

  #ready({ path }: HttpRequest): HttpAnswer {
    const { path: served, responseBody } = this.#config;
    // Go's mux takes a path that ends in a slash for all that is below it.
    if (path !== served && !(served.endsWith("/") && path.startsWith(served))) return NOT_FOUND;
    const since = this.#readySince;
    const status = since ? 200 : 503;
    if (responseBody) {
      const headers = { "Content-Type": "text/plain; charset=utf-8" };
      return { status, headers, body: since ? responseBody.healthy : responseBody.unhealthy };
    }
    const body = {
      status: since ? "Server available" : "Server not available",
      upSince: since?.toISOString() ?? "0001-01-01T00:00:00Z",
      uptime: since ? formatDurationMs(Date.now() - since.getTime()) : "",
    };
    return { status, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  }
}
