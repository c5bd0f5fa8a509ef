/** What a child is to do, as JSON in its first argument. */
export interface ChildOptions {
  readonly directory: string;
  readonly endpoint: string;
  /** Keys of its `sending_queue`. */
  readonly queue: object;
  /** The name of the first item it offers. */
  readonly from: number;
  /** How many it offers at most; with none it sends what is left and exits. */
  readonly items: number;
}
