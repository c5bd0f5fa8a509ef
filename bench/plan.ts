// How long things take: the whole in less than six minutes, or with --quick in less than ninety seconds.

export interface Plan {
  /** Of a measured run under load. */
  readonly seconds: number;
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
  pairs: 6,
  pairsMs: 200_000,
  agentSeconds: 4,
  idleSeconds: 10,
  starts: 5,
};

export const QUICK_PLAN: Plan = {
  seconds: 0.5,
  pairs: 3,
  pairsMs: 35_000,
  agentSeconds: 1.5,
  idleSeconds: 3,
  starts: 2,
};
