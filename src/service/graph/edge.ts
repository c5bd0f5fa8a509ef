// Hot: where data leaves a component and where it enters the next. Both are seams at which a reload can change what is
// behind them while data flows.
import type { Capabilities, Consumer, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";

/** Counts items. */
export interface Count {
  add(items: number): void;
}

/** What a component is given as `next`. What it leads to can be changed at any time. */
export class Output implements Consumer<Signal> {
  readonly #count: Count | undefined;
  #next: Consumer<Signal>;
  #items = 0;

  constructor(next: Consumer<Signal>, count?: Count) {
    this.#next = next;
    this.#count = count;
  }

  get capabilities(): Capabilities {
    return this.#next.capabilities;
  }

  /** Items that left here. */
  get items(): number {
    return this.#items;
  }

  connect(next: Consumer<Signal>): void {
    this.#next = next;
  }

  consume(data: SignalData[Signal], context?: Context): Promise<void> {
    const items = data.itemCount;
    this.#items += items;
    this.#count?.add(items);
    return this.#next.consume(data, context);
  }
}

/** What is counted of a component's input; each by what became of the data. */
export interface InputCounts {
  /** Counted on arrival. */
  readonly incoming?: Count | undefined;
  readonly taken?: Count | undefined;
  readonly refused?: { add(items: number, cause: unknown): void } | undefined;
}

/** The way into a component. Knows how many calls are under way, and can be closed while the component is replaced. */
export class Input implements Consumer<Signal> {
  readonly #component: Consumer<Signal>;
  readonly #counts: InputCounts;
  #items = 0;
  #refusedItems = 0;
  #underWay = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #successor: Promise<Consumer<Signal>> | undefined;

  constructor(component: Consumer<Signal>, counts: InputCounts = {}) {
    this.#component = component;
    this.#counts = counts;
  }

  get capabilities(): Capabilities {
    return this.#component.capabilities;
  }

  /** Items that came here. */
  get items(): number {
    return this.#items;
  }

  /** Calls into the component that have not come to their end. */
  get underWay(): number {
    return this.#underWay;
  }

  get refusedItems(): number {
    return this.#refusedItems;
  }

  /** From now on, data waits for the component that takes this one's place. */
  close(successor: Promise<Consumer<Signal>>): void {
    successor.catch(() => {}); // Told to whoever hands in data.
    this.#successor = successor;
  }

  /** Resolves when no call into the component is under way. */
  async idle(): Promise<void> {
    if (this.#underWay === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  async consume(data: SignalData[Signal], context?: Context): Promise<void> {
    if (this.#successor) return (await this.#successor).consume(data, context);
    const { incoming, taken, refused } = this.#counts;
    const items = data.itemCount;
    this.#items += items;
    incoming?.add(items);
    this.#underWay++;
    try {
      await this.#component.consume(data, context);
      taken?.add(items);
    } catch (error) {
      this.#refusedItems += items;
      refused?.add(items, error);
      throw error;
    } finally {
      if (--this.#underWay === 0) this.#rest();
    }
  }

  #rest(): void {
    this.#idle?.resolve();
    this.#idle = undefined; // The next who waits does so for the calls that come until then.
  }
}

/** `consumer` with what it and everything behind it may do to the data. */
export function capable(consumer: Consumer<Signal>, mutatesData: boolean): Consumer<Signal> {
  if (consumer.capabilities.mutatesData === mutatesData) return consumer;
  return {
    capabilities: { mutatesData },
    consume: (data, context) => consumer.consume(data, context),
  };
}
