import type { Socket } from "node:net";

/** A peer that does not read its answers gets no more of them. */
const MAX_UNSENT_BYTES = 2 ** 20;

/** Sends what comes up in one turn of the event loop together. */
export class Outbox {
  readonly #socket: Socket;
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(bytes: Buffer): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
  }
}
