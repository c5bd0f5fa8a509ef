// What the benchmarks report: figures, each with its target where it has one.
import type { Spread } from "./stats.ts";

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly target?: { readonly atMost: number } | { readonly exactly: number };
  /** Quartiles and number, where the value is a median. */
  readonly spread?: Spread;
  /** How it was measured, where the name does not say. */
  readonly note?: string;
}

/** Figures that were measured together, or why they were not. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly skipped?: string;
}

export function isMet({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return "atMost" in target ? value <= target.atMost : value === target.exactly;
}
