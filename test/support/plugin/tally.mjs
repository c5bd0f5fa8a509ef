/** `example_tally`: logs how many items it was given when it stops; refuses more than `limit` at once. */
export function tallyExporter({ schema, consumer }) {
  return {
    type: "example_tally",
    stability: { traces: "development", metrics: "development", logs: "development" },
    config: schema.struct("tally.Config", { limit: schema.uint(1000) }),
    create({ logger }, { limit }, signal) {
      let items = 0;
      return {
        capabilities: { mutatesData: false },
        async start() {},
        async shutdown() {
          logger.info({ signal, items }, "Tally.");
        },
        async consume(data) {
          if (data.itemCount > limit) throw new consumer.PermanentError(`more than ${limit} items at once`);
          items += data.itemCount;
        },
      };
    },
  };
}
