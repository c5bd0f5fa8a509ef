// The duration histogram's buckets, as the kernel counts them.

/** Upper bounds of a histogram, in seconds and as the kernel compares them. */
export class DurationBuckets {
  readonly bounds: readonly number[];
  readonly boundsNs: readonly number[];

  constructor(boundsSeconds: readonly number[]) {
    this.bounds = boundsSeconds;
    this.boundsNs = boundsSeconds.map((bound) => Math.round(bound * 1e9));
  }

  /** One more than there are bounds. */
  get count(): number {
    return this.bounds.length + 1;
  }

  /** Which bucket a duration is in; a bound is in the bucket below it. Hot path. */
  indexOf(ns: number): number {
    const { boundsNs } = this;
    let index = 0;
    while (index < boundsNs.length && ns > boundsNs[index]!) index++;
    return index;
  }
}
