/** Writes to the standard output, and resolves when all of it is on its way: a pipe takes 64 KiB at a time. */
export async function print(text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  await promise;
}

/** Prints YAML as the Collector does. */
export async function printYaml(value: unknown): Promise<void> {
  const { stringify } = await import("yaml");
  await print(stringify(value, { indent: 4, lineWidth: 0 }));
}

/** Prints JSON as the Collector does. */
export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value, undefined, 2)}\n`);
}
