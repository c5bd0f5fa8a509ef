// What the requests of a process are about: the routes it serves and the servers it asks.
import { packKind, RequestKind } from "./request-kind.ts";

/** HTTP_TARGET_OTHER of bpf/http_target.bpf.h: all targets beyond the limit of a process. */
export const TARGET_OTHER = 1;
/** How that target is called. */
export const OTHER = "_OTHER";

/** One target as the kernel counts it, with the name that user space gives it. */
export class Target {
  readonly lo: number;
  readonly hi: number;
  /** The route of a server's target. */
  readonly route: string | undefined;
  /** The server that a client's target asks. */
  readonly host: string | undefined;
  readonly port: number;
  /** Its requests by the rest of what tells them apart. */
  readonly #kinds: Map<number, RequestKind> = new Map();
  /** Another target whose hash has the same lower half. */
  next: Target | undefined;

  constructor(lo: number, hi: number, name: TargetName) {
    this.lo = lo;
    this.hi = hi;
    this.route = name.route;
    this.host = name.host;
    this.port = name.port ?? 0;
  }

  /** The kind of a request. Hot path. */
  kindOf(role: number, method: number, status: number, failure: number, minorVersion: number): RequestKind {
    const packed = packKind(method, status, failure, minorVersion);
    let kind = this.#kinds.get(packed);
    if (!kind) {
      const { route, host, port } = this;
      kind = new RequestKind({ role, method, status, failure, minorVersion, route, host, port });
      this.#kinds.set(packed, kind);
    }
    return kind;
  }
}

export interface TargetName {
  readonly route?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number;
}

/** The targets of one process in one role, by their 64-bit hashes. */
export class Targets {
  readonly #byLow: Map<number, Target> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Hot path. */
  get(lo: number, hi: number): Target | undefined {
    let target = this.#byLow.get(lo);
    while (target && target.hi !== hi) target = target.next;
    return target;
  }

  set(target: Target): void {
    target.next = this.#byLow.get(target.lo);
    this.#byLow.set(target.lo, target);
    this.#size++;
  }

  *[Symbol.iterator](): IterableIterator<Target> {
    for (const first of this.#byLow.values())
      for (let target: Target | undefined = first; target; target = target.next) yield target;
  }
}
