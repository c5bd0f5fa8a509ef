// A process of the benchmark's own that answers messages one at a time.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stopChild } from "../../test/support/servers.ts";
import { moveToOthers } from "../cores.ts";

export class HelperProcess<Hello, Question extends object, Answer> {
  readonly hello: Hello;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, hello: Hello) {
    this.#child = child;
    this.hello = hello;
  }

  /** Runs a module of this folder, whose first message says that it is ready. */
  static async start<Hello, Question extends object, Answer>(
    module: string,
  ): Promise<HelperProcess<Hello, Question, Answer>> {
    const child = fork(join(import.meta.dirname, module));
    const [hello] = (await once(child, "message")) as [Hello];
    moveToOthers(child.pid!);
    return new HelperProcess(child, hello);
  }

  async ask(question: Question): Promise<Answer> {
    const answer = once(this.#child, "message");
    this.#child.send(question);
    return ((await answer) as [Answer])[0];
  }

  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}
