// A component's line in the index of its kind.

/**
 * What has to be known of a component to resolve its name. The rest is loaded when a configuration names it, so that
 * components nobody uses cost no memory.
 */
export interface Entry<F> {
  /** The component's name in YAML. */
  readonly type: string;
  /** Older upstream spellings, accepted with one warning. */
  readonly aliases?: readonly string[];
  /** The package it is from, for a plugin's. */
  readonly module?: string;
  load(): Promise<F>;
}
