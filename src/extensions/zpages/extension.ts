import type { Extension } from "../../component/extension.ts";
import type { Host, Logger } from "../../component/index.ts";
import { type HttpAnswer, type HttpRequest, NOT_FOUND } from "../../config/http-server/request.ts";
import type { HttpServer } from "../../config/http-server/server.ts";
import { smallServer } from "../../config/http-server/small-server.ts";
import type { ZpagesConfig } from "./config.ts";
import { pages } from "./pages.ts";

const PREFIX = "/debug/";

/** Pages under `/debug/` about what runs in this process. */
export class ZpagesExtension implements Extension {
  readonly #config: ZpagesConfig;
  readonly #logger: Logger;
  #server: HttpServer | undefined;

  constructor(config: ZpagesConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  async start(host: Host): Promise<void> {
    this.#server = smallServer(this.#config, this.#logger, (request) => this.#answer(request, host));
    const address = await this.#server.start(host);
    this.#logger.info({ endpoint: address }, "Starting zPages extension");
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.shutdown(signal);
  }

  #answer({ path }: HttpRequest, host: Host): HttpAnswer {
    if (!path.startsWith(PREFIX)) return NOT_FOUND;
    const name = path.slice(PREFIX.length);
    if (name === "expvarz" && this.#config.expvar.enabled) return json(variables());
    if (!Object.hasOwn(pages, name)) return NOT_FOUND;
    const headers = {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    };
    return { status: 200, headers, body: pages[name]!(host.view()) };
  }
}

/** What Go's expvar shows, as far as there is the like of it. */
function variables(): object {
  return { cmdline: process.argv, memstats: process.memoryUsage(), cpu: process.cpuUsage() };
}

function json(value: object): HttpAnswer {
  return {
    status: 200,
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify(value),
  };
}
