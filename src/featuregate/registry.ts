// Switches for behaviour that is not yet, or no longer, the rule: the Collector's featuregate package.
import { nearest } from "../confmap/nearest.ts";

/** How far a gate has come: alpha gates are off until asked for, beta gates on until refused. */
export type Stage = "Alpha" | "Beta";

/** What a gate is, for those who list them. */
export interface GateInfo {
  readonly id: string;
  readonly stage: Stage;
  readonly description: string;
  /** The Collector's version that had it first. */
  readonly fromVersion: string;
}

/** One switch. */
export class Gate {
  readonly info: GateInfo;
  enabled: boolean;

  constructor(info: GateInfo) {
    this.info = info;
    this.enabled = info.stage === "Beta";
  }
}

/** The gates there are, by id. */
export class GateRegistry {
  readonly #gates = new Map<string, Gate>();

  register(info: GateInfo): Gate {
    const gate = new Gate(info);
    this.#gates.set(info.id, gate);
    return gate;
  }

  /** Every gate, sorted by id. */
  get gates(): readonly Gate[] {
    return [...this.#gates.values()].toSorted((a, b) => (a.info.id < b.info.id ? -1 : 1));
  }

  find(id: string): Gate | undefined {
    return this.#gates.get(id);
  }

  /** Sets gates as `--feature-gates` has them: `a,-b,+c`. Throws an error that names every one that is wrong. */
  apply(list: string): void {
    const errors: string[] = [];
    for (const [index, item] of list === "" ? [] : list.split(",").entries()) {
      try {
        if (item === "") throw new Error(`empty feature gate identifier at index ${index}`);
        this.#known(item.replace(/^[-+]/, "")).enabled = !item.startsWith("-");
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    if (errors.length > 0) throw new Error(errors.join("; "));
  }

  #known(id: string): Gate {
    const gate = this.#gates.get(id);
    if (gate) return gate;
    const ids = this.gates.map(({ info }) => info.id);
    const hint = nearest(id, ids);
    const suggestion = hint === undefined ? "" : ` (did you mean "${hint}"?)`;
    throw new Error(
      `no such feature gate ${JSON.stringify(id)}. valid gates: [${ids.join(" ")}]${suggestion}`,
    );
  }
}
