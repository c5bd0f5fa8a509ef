// How long things take: the whole in less than six minutes, or with --quick in less than ninety seconds.

import type { Ends } from "./agent.ts";

export interface Plan {
  /** Of a measured run under load; whole seconds. */
  readonly seconds: number;
  /** Of each figure of time in BPF. */
  readonly kernelRuns: number;
  /** What the agent observes in paired runs. */
  readonly ends: readonly Ends[];
  /** Off and on, one after the other, for each kind of pair. */
  readonly pairs: number;
  /** No pair begins later than this after the first. */
  readonly pairsMs: number;
  /** Of the runs that measure the agent. */
  readonly agentSeconds: number;
  readonly idleSeconds: number;
  readonly starts: number;
}

export const DEFAULT_PLAN: Plan = {
  seconds: 1,
  kernelRuns: 5,
  ends: ["server", "both"],
  pairs: 6,
  pairsMs: 120_000,
  agentSeconds: 4,
  idleSeconds: 10,
  starts: 5,
};

export const QUICK_PLAN: Plan = {
  seconds: 1,
  kernelRuns: 2,
  ends: ["server"],
  pairs: 2,
  pairsMs: 15_000,
  agentSeconds: 2,
  idleSeconds: 3,
  starts: 2,
};
