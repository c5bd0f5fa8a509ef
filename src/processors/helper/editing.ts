// What every processor that changes requests does around its editor.
import type { Processor } from "../../component/index.ts";
import { type Capabilities, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import {
  type Editor,
  editData,
  MalformedError,
  type Signal,
  type SignalData,
  Slabs,
} from "../../pdata/index.ts";

/** Memory that nobody needed in between is let go of. */
const TRIM_INTERVAL_MS = 1000;

/** Gives the editor for one request, which may depend on who sent it. */
export type EditorFor = (context: Context | undefined) => Editor;

/** Hands on what an editor makes of the data; nothing, where it leaves nothing. */
export class EditingProcessor<S extends Signal> implements Processor<S> {
  /** The bytes that are shared with others are never written to. */
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #slabs: Slabs = new Slabs({ slabBytes: 1 << 20, keptSlabs: 64 });
  readonly #editorFor: EditorFor;
  readonly #next: Consumer<S>;
  #trim: NodeJS.Timeout | undefined;

  constructor(editorFor: EditorFor, next: Consumer<S>) {
    this.#editorFor = editorFor;
    this.#next = next;
  }

  async start(): Promise<void> {
    this.#trim = setInterval(() => this.#slabs.trim(), TRIM_INTERVAL_MS).unref();
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#trim);
  }

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    const edited = this.#edit(data, context);
    if (edited.byteLength > 0) await this.#next.consume(edited, context);
    if (edited !== data) data.release(); // Not before: whoever is refused may offer it again.
  }

  #edit(data: SignalData[S], context: Context | undefined): SignalData[S] {
    try {
      return editData<S>(data, this.#editorFor(context), this.#slabs);
    } catch (cause) {
      if (cause instanceof MalformedError) throw new PermanentError(cause.message, { cause });
      throw cause;
    }
  }
}
