// What doctor finds, whoever reads it then.

/** `problem` needs somebody to act; `note` is a fact. */
export type State = "ok" | "problem" | "note";

export interface Finding {
  readonly state: State;
  readonly name: string;
  readonly value: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Stable: keys are added, never changed. */
export interface Report {
  /** Whether HTTP can be captured. */
  readonly ok: boolean;
  readonly version: string;
  /** The hooks that the HTTP tap uses here; null where there are none. */
  readonly hook: string | null;
  readonly sections: readonly Section[];
}

export function ok(name: string, value: string): Finding {
  return { state: "ok", name, value };
}

export function note(name: string, value: string, advice?: string): Finding {
  return { state: "note", name, value, ...(advice && { advice }) };
}

export function problem(name: string, value: string, advice: string): Finding {
  return { state: "problem", name, value, ...(advice && { advice }) };
}
