// Builds the script of one conversation for talk, and knows the bytes that cross each of its connections.

/** A text sent many times over, without writing it out. */
export interface Repeat {
  readonly text: string;
  readonly times: number;
}

/** Bytes: each character of a string is one byte (latin1). A list is joined. */
export type Data = string | Repeat | readonly (string | Repeat)[];

export type Direction = "up" | "down";

export interface Step {
  readonly actor: string;
  readonly text: string;
  /** The connection the actor holds at this step, -1 when none. */
  readonly connection: number;
  readonly moves?: { readonly direction: Direction; readonly sent: boolean; readonly bytes: number };
}

/** What crossed one connection; the received counts are prefixes of what was sent. */
export interface Stream {
  readonly sent: Buffer;
  readonly received: number;
}

interface Connection {
  readonly sent: Record<Direction, Buffer[]>;
  readonly sentBytes: Record<Direction, number>;
  readonly receivedBytes: Record<Direction, number>;
}

/** `text`, `times` over. */
export function repeat(text: string, times: number): Repeat {
  return { text, times };
}

/** The bytes of `data`. */
export function toBytes(data: Data): Buffer {
  const pieces = Array.isArray(data) ? data : [data as string | Repeat];
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === "string"
        ? Buffer.from(piece, "latin1")
        : Buffer.alloc(piece.text.length * piece.times, piece.text, "latin1"),
    ),
  );
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function toScript(data: Data): string {
  const pieces = Array.isArray(data) ? data : [data as string | Repeat];
  return pieces
    .map((piece) =>
      typeof piece === "string"
        ? `"${piece.replace(/[^ !#-[\]-~]/g, escapeByte)}"`
        : `repeat:${piece.text}:${piece.times}`,
    )
    .join("");
}

/**
 * One scripted conversation. The client is the actor `c`, the server the actor `s`; `process`, `fork` and `thread`
 * bring further actors on the server's side. Calls are made in the order in which bytes shall cross.
 */
export class Conversation {
  readonly steps: Step[] = [];
  readonly #declarations: string[] = [];
  readonly #connections: Connection[] = [];
  readonly #held = new Map<string, number>();
  readonly #sends = new Map<string, Direction>();

  /** "4" (default), "6", "mapped" (IPv6 sockets that speak IPv4) or "dual" (IPv4 client, IPv6 server). */
  family(family: "4" | "6" | "mapped" | "dual"): this {
    this.#declarations.push(`family ${family}`);
    return this;
  }

  /** Adds a process that lives from the start; it gets a connection by `connect`, or by `takeover`. */
  process(name: string): this {
    this.#declarations.push(`process ${name}`);
    return this;
  }

  connect(client = "c", server = "s"): this {
    this.#connections.push({
      sent: { up: [], down: [] },
      sentBytes: { up: 0, down: 0 },
      receivedBytes: { up: 0, down: 0 },
    });
    this.#held.set(client, this.#connections.length - 1);
    this.#held.set(server, this.#connections.length - 1);
    this.#sends.set(client, "up").set(server, "down");
    return this.#push(client, "connect").#push(server, "accept");
  }

  /** `call` may carry a size, as "write:1" (bytes of each call). Each part is one iovec, or one call. */
  send(actor: string, call: string, ...parts: readonly Data[]): this {
    const connection = this.#connectionOf(actor);
    const direction = this.#direction(actor);
    const bytes = parts.map(toBytes);
    const count = bytes.reduce((sum, part) => sum + part.length, 0);
    connection.sent[direction].push(...bytes);
    connection.sentBytes[direction] += count;
    const text = `${call} ${parts.map(toScript).join(" ")}`;
    return this.#push(actor, text, { direction, sent: true, bytes: count });
  }

  /** Receives `count` bytes, by default all that was sent and not yet received. */
  receive(actor: string, call = "read", count?: number): this {
    const connection = this.#connectionOf(actor);
    const direction = this.#direction(actor) === "up" ? "down" : "up";
    const bytes = count ?? connection.sentBytes[direction] - connection.receivedBytes[direction];
    connection.receivedBytes[direction] += bytes;
    return this.#push(actor, `${call} ${bytes}`, { direction, sent: false, bytes });
  }

  /** Looks at all bytes that are sent and not yet received, and leaves them. */
  peek(actor: string): this {
    const connection = this.#connectionOf(actor);
    const direction = this.#direction(actor) === "up" ? "down" : "up";
    return this.#push(actor, `peek ${connection.sentBytes[direction] - connection.receivedBytes[direction]}`);
  }

  /** The client sends `data` and the server receives it. */
  ask(data: Data, by = "write", to = "read", server = "s"): this {
    return this.send("c", by, data).receive(server, to);
  }

  /** The server sends `data` and the client receives it. */
  answer(data: Data, by = "write", to = "read", server = "s"): this {
    return this.send(server, by, data).receive("c", to);
  }

  /** The client closes, and the server sees the end. */
  close(client = "c", server = "s"): this {
    return this.act(client, "close").act(server, "readend").act(server, "close");
  }

  /** The server closes, and the client sees the end. */
  closeByServer(client = "c", server = "s"): this {
    return this.act(server, "close").act(client, "readend").act(client, "close");
  }

  /** Any step that moves no bytes: close, reset, shutdown, readend, sleep MS, set FLAG, await FLAG, pause FLAG. */
  act(actor: string, step: string): this {
    return this.#push(actor, step);
  }

  /** `actor` forks a child that acts under `name` and shares the connection. */
  fork(actor: string, name: string): this {
    return this.#share(actor, name).#push(actor, `fork ${name}`);
  }

  /** `actor` starts a thread that acts under `name` and shares the connection. */
  thread(actor: string, name: string): this {
    return this.#share(actor, name).#push(actor, `thread ${name}`);
  }

  /** `actor` passes its connection to the process `name` over a Unix socket, and closes its own end. */
  pass(actor: string, name: string): this {
    return this.#share(actor, name).#push(actor, "handover").#push(name, "takeover");
  }

  get connectionCount(): number {
    return this.#connections.length;
  }

  stream(connection: number, direction: Direction): Stream {
    const { sent, receivedBytes } = this.#connections[connection]!;
    return { sent: Buffer.concat(sent[direction]), received: receivedBytes[direction] };
  }

  /** The script in talk's language. Line numbers of steps begin after `declarationCount` lines. */
  toString(): string {
    return [
      ...this.#declarations,
      ...this.steps.map(({ actor, text }) => `${actor} ${text}`),
      "end",
      "",
    ].join("\n");
  }

  get declarationCount(): number {
    return this.#declarations.length;
  }

  #push(actor: string, text: string, moves?: Step["moves"]): this {
    const connection = this.#held.get(actor) ?? -1;
    this.steps.push({ actor, text, connection, ...(moves && { moves }) });
    return this;
  }

  #connectionOf(actor: string): Connection {
    const connection = this.#connections[this.#held.get(actor) ?? -1];
    if (!connection) throw new Error(`actor ${actor} has no connection yet`);
    return connection;
  }

  #direction(actor: string): Direction {
    return this.#sends.get(actor)!;
  }

  #share(actor: string, name: string): this {
    this.#connectionOf(actor);
    this.#held.set(name, this.#held.get(actor)!);
    this.#sends.set(name, this.#direction(actor));
    return this;
  }
}
