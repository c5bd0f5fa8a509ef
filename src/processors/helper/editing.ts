// What every processor that changes requests does around its editor.
import type { Processor } from "../../component/index.ts";
import { type Capabilities, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import { type Editor, editData, MalformedError, type Signal, type SignalData } from "../../pdata/index.ts";

/** Gives the editor for one request, which may depend on who sent it. */
export type EditorFor = (context: Context | undefined) => Editor;

/** Hands on what an editor makes of the data; nothing, where it leaves nothing. */
export class EditingProcessor<S extends Signal> implements Processor<S> {
  /** The bytes that are shared with others are never written to. */
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #editorFor: EditorFor;
  readonly #next: Consumer<S>;

  constructor(editorFor: EditorFor, next: Consumer<S>) {
    this.#editorFor = editorFor;
    this.#next = next;
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    const edited = this.#edit(data, context);
    if (edited.byteLength > 0) await this.#next.consume(edited, context);
  }

  #edit(data: SignalData[S], context: Context | undefined): SignalData[S] {
    try {
      return editData<S>(data, this.#editorFor(context));
    } catch (cause) {
      if (cause instanceof MalformedError) throw new PermanentError(cause.message, { cause });
      throw cause;
    }
  }
}
