import type { Component, Host, Settings } from "../../component/index.ts";
import { HttpServer } from "../../config/http-server/server.ts";
import { InFlight } from "../../config/server/in-flight.ts";
import { timerMs } from "../../confmap/duration.ts";
import { type Capabilities, type Consumer, PermanentError } from "../../consumer/index.ts";
import { MalformedError, type Metrics } from "../../pdata/index.ts";
import type { PrometheusConfig } from "./config.ts";
import { errorAnswer, scrapeHandler } from "./handler.ts";
import { SeriesStore } from "./series-store.ts";

/** What scrapes that are not answered yet may hold; they have no bodies. */
const MAX_IN_FLIGHT_BYTES = 8 * 2 ** 20;

/** Shows the last value of every series to a Prometheus that scrapes it. */
export class PrometheusExporter implements Component, Consumer<"metrics"> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #config: PrometheusConfig;
  readonly #store: SeriesStore;
  readonly #server: HttpServer;
  #expiry: NodeJS.Timeout | undefined;

  constructor(
    settings: Settings,
    config: PrometheusConfig,
    store: SeriesStore = new SeriesStore(config, settings),
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#store = store;
    this.#server = new HttpServer({
      config,
      handler: scrapeHandler(config, store),
      errorAnswer,
      inFlight: new InFlight(MAX_IN_FLIGHT_BYTES),
      logger: settings.logger,
      counters: settings.counters,
    });
  }

  async start(host: Host): Promise<void> {
    const endpoint = await this.#server.start(host);
    this.#settings.logger.info({ endpoint }, "Serving metrics.");
    const { metricExpirationMs } = this.#config;
    // A scrape forgets what has expired, but there may be none.
    if (metricExpirationMs > 0) {
      this.#expiry = setInterval(() => this.#store.expire(), timerMs(metricExpirationMs)).unref();
    }
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    clearInterval(this.#expiry);
    await this.#server.shutdown(signal);
  }

  async consume(data: Metrics): Promise<void> {
    try {
      for (const chunk of data.chunks) this.#store.add(chunk);
    } catch (cause) {
      if (!(cause instanceof MalformedError)) throw cause;
      throw new PermanentError(`decode metrics: ${cause.message}`, { cause });
    }
  }
}
