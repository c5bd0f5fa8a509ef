/** `example_stamp`: writes one attribute on every resource. */
export function stampProcessor({ schema, pdata }) {
  return {
    type: "example_stamp",
    aliases: ["examplestamp"],
    stability: { traces: "development", metrics: "development", logs: "development" },
    config: schema.struct(
      "stamp.Config",
      { key: schema.string("stamp"), value: schema.string("x") },
      function* ({ key }) {
        if (key === "") yield 'requires a non-empty "key"';
      },
    ),
    create(_settings, config, _signal, next) {
      const key = pdata.attributeKey(config.key);
      const editor = { resource: ({ attributes }) => attributes.set(key, config.value) };
      return {
        capabilities: { mutatesData: true },
        start: async () => {},
        shutdown: async () => {},
        consume: (data, context) => next.consume(pdata.editData(data, editor), context),
      };
    },
  };
}
