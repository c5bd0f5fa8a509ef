import type { Router } from "../../component/connector.ts";
import type { Capabilities, Consumer, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { fanOut } from "../fanout.ts";
import type { Output } from "./edge.ts";

/** What a connector is given: a way out for each pipeline it feeds. */
export class PipelineRouter implements Router<Signal> {
  readonly #outputs: ReadonlyMap<string, Output>;

  constructor(outputs: ReadonlyMap<string, Output>) {
    this.#outputs = outputs;
  }

  get capabilities(): Capabilities {
    return fanOut([...this.#outputs.values()]).capabilities;
  }

  get pipelineIds(): readonly string[] {
    return [...this.#outputs.keys()];
  }

  consumer(...pipelineIds: readonly string[]): Consumer<Signal> {
    const outputs = pipelineIds.map((id) => {
      const output = this.#outputs.get(id);
      if (!output) throw new Error(`missing consumer: ${JSON.stringify(id)}`);
      return output;
    });
    return outputs.length === 1 ? outputs[0]! : new PipelineRouter(this.#only(pipelineIds));
  }

  /** Fans out anew each time: which pipelines change data may differ after a reload. */
  consume(data: SignalData[Signal], context?: Context): Promise<void> {
    return fanOut([...this.#outputs.values()]).consume(data, context);
  }

  #only(pipelineIds: readonly string[]): ReadonlyMap<string, Output> {
    return new Map([...this.#outputs].filter(([id]) => pipelineIds.includes(id)));
  }
}
