import type { Entry } from "../component/entry.ts";

/** What a name in the configuration stands for. */
export interface Match<F> {
  readonly entry: Entry<F>;
  /** Whether the name is an older spelling of the type's. */
  readonly deprecated: boolean;
}

/** The components of one kind, by every name they have. */
export class Catalog<F> {
  readonly entries: readonly Entry<F>[];
  readonly #byName: ReadonlyMap<string, Match<F>>;

  constructor(entries: readonly Entry<F>[]) {
    this.entries = entries;
    const names = entries.flatMap((entry): [string, Match<F>][] => [
      [entry.type, { entry, deprecated: false }],
      ...(entry.aliases ?? []).map((alias): [string, Match<F>] => [alias, { entry, deprecated: true }]),
    ]);
    this.#byName = new Map(names);
  }

  /** Every name, older spellings included. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  find(name: string): Match<F> | undefined {
    return this.#byName.get(name);
  }
}
