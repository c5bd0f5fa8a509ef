// The connections of a server, so that it can stop without cutting off those who are being answered.
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** Knows every connection and how many requests are open on it. */
export class Connections {
  readonly #open = new Map<Socket, number>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #draining = false;

  /** Whether the server is stopping. */
  get draining(): boolean {
    return this.#draining;
  }

  add(socket: Socket): void {
    this.#open.set(socket, 0);
    socket.once("close", () => this.#open.delete(socket));
  }

  /** An HTTP/2 session counts its streams itself. */
  addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
  }

  /** A request begins on `socket`; the result is called when it has been answered. */
  busy(socket: Socket): () => void {
    this.#open.set(socket, (this.#open.get(socket) ?? 0) + 1);
    return () => {
      const left = (this.#open.get(socket) ?? 0) - 1;
      if (left < 0) return; // The connection is gone.
      this.#open.set(socket, left);
      if (this.#draining && left === 0) socket.destroySoon();
    };
  }

  /** Ends what is idle now and the rest as it becomes idle, or at once when `signal` aborts. */
  async drain(closed: Promise<void>, signal: AbortSignal): Promise<void> {
    this.#draining = true;
    for (const session of this.#sessions) session.close();
    for (const [socket, requests] of this.#open)
      if (requests === 0 && !this.#isHttp2(socket)) socket.destroy();
    const cut = () => {
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#open.keys()) socket.destroy();
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await closed;
    signal.removeEventListener("abort", cut);
  }

  #isHttp2(socket: Socket): boolean {
    return "alpnProtocol" in socket && socket.alpnProtocol === "h2";
  }
}
