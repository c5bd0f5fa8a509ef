// Hot: a histogram that is counted here.
import type { Labels } from "../../component/index.ts";

/** A histogram with explicit bounds, cumulative since the start. */
export class Histogram {
  readonly type = "histogram";
  readonly name: string;
  readonly labels: Labels;
  /** Ascending; a value belongs to the first that is not below it. */
  readonly bounds: readonly number[];
  /** One more than there are bounds; each for itself, not cumulative. */
  readonly bucketCounts: number[];
  #sum = 0;
  #count = 0;

  constructor(name: string, labels: Labels, bounds: readonly number[]) {
    this.name = name;
    this.labels = labels;
    this.bounds = bounds;
    this.bucketCounts = new Array<number>(bounds.length + 1).fill(0);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  record(value: number): void {
    this.#sum += value;
    this.#count++;
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.bucketCounts[bucket]!++;
  }

  /** Adds what another of the same bounds has counted. */
  merge(other: Histogram): void {
    this.#sum += other.sum;
    this.#count += other.count;
    for (const [bucket, count] of other.bucketCounts.entries()) this.bucketCounts[bucket]! += count;
  }
}
