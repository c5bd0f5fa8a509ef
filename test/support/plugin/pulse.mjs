/** `example_pulse`: one span at each interval. */
export function pulseReceiver({ schema, pdata }) {
  return {
    type: "example_pulse",
    stability: { traces: "development" },
    config: schema.struct("pulse.Config", { interval: schema.duration("1s"), name: schema.string("pulse") }),
    create: ({ logger }, config, next) => new Pulse(pdata, logger, config, next.traces),
  };
}

class Pulse {
  #timer;
  #delivery = Promise.resolve();

  constructor(pdata, logger, config, next) {
    this.pdata = pdata;
    this.logger = logger;
    this.config = config;
    this.next = next;
  }

  async start() {
    this.#timer = setInterval(() => {
      this.#delivery = this.#beat();
    }, this.config.intervalMs).unref();
  }

  async shutdown() {
    clearInterval(this.#timer);
    await this.#delivery;
  }

  async #beat() {
    const id = crypto.getRandomValues(new Uint8Array(24));
    const builder = new this.pdata.TracesBuilder().beginResource().beginScope("wattspan-plugin-example");
    builder.beginSpan().traceId(id, 0).spanId(id, 16).name(this.config.name).endSpan();
    try {
      await this.next.consume(builder.finish());
    } catch (error) {
      this.logger.warn({ error: error.message }, "Nobody took the pulse.");
    }
  }
}
