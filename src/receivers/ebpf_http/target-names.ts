// Gives targets their names: routes to servers' targets, addresses to clients'.
import { http_request_event, http_target_event } from "../../ebpf/layouts.gen.ts";
import type { Addresses } from "./address.ts";
import { Authority } from "./authority.ts";
import { RequestHead } from "./head.ts";
import type { ObservedProcess } from "./observed-process.ts";
import { ROLE } from "./request-series.ts";
import type { Routes } from "./routes.ts";
import { OTHER, TARGET_OTHER, Target, type TargetName } from "./target.ts";

const HTTP_PORT = 80;

/** Where a connection's other end is, in a record. */
interface RemoteFields {
  readonly remote_address: number;
  readonly remote_port: number;
  readonly family: number;
}

/** Names each target once, from the kernel's first sight of it or from the first span that has it. */
export class TargetNames {
  readonly #routes: Routes;
  readonly #limit: number;
  readonly #addresses: Addresses;
  readonly #head: RequestHead = new RequestHead();
  readonly #authority: Authority = new Authority();

  /** `limit` is the kernel's, of one process and role; here it is only a bound for the memory. */
  constructor(routes: Routes, limit: number, addresses: Addresses) {
    this.#routes = routes;
    this.#limit = 2 * limit + 2;
    this.#addresses = addresses;
  }

  /** Takes a struct http_target_event with its bytes behind it. */
  take(process: ObservedProcess, view: DataView, bytes: Uint8Array, offset: number): void {
    const role = view.getUint8(offset + http_target_event.role);
    const lo = view.getInt32(offset + http_target_event.target, true);
    const hi = view.getInt32(offset + http_target_event.target + 4, true);
    if (process.targets(role).get(lo, hi)) return;
    const start = offset + http_target_event.size;
    const end = start + view.getUint16(offset + http_target_event.head_bytes, true);
    const head = this.#head;
    head.parse(view, bytes, start, end);
    // A client's Host may come in another call than the request line.
    if (role === ROLE.client && !head.host.present) head.parseFields(view, bytes, start, end);
    this.#add(process, role, lo, hi, this.#name(role, head, view, bytes, offset, http_target_event));
  }

  /** The target of a request's record, whose head was parsed: it names the target where nothing did before. */
  ofRequest(
    process: ObservedProcess,
    role: number,
    head: RequestHead,
    view: DataView,
    bytes: Uint8Array,
    offset: number,
  ): Target {
    const lo = view.getInt32(offset + http_request_event.target, true);
    const hi = view.getInt32(offset + http_request_event.target + 4, true);
    const known = process.targets(role).get(lo, hi);
    if (known) return known;
    if (isSpecial(lo, hi)) return this.#add(process, role, lo, hi, specialName(lo, role));
    return this.#add(process, role, lo, hi, this.#name(role, head, view, bytes, offset, http_request_event));
  }

  /** Whether the name of a series' target is known, or will never be. */
  isNamed(process: ObservedProcess, role: number, lo: number, hi: number): boolean {
    return isSpecial(lo, hi) || process.targets(role).get(lo, hi) !== undefined;
  }

  /** The target of a kernel series; one without a name where nothing named it yet. */
  ofSeries(process: ObservedProcess, role: number, lo: number, hi: number): Target {
    const known = process.targets(role).get(lo, hi);
    if (known) return known;
    if (isSpecial(lo, hi)) return this.#add(process, role, lo, hi, specialName(lo, role));
    return this.#unnamed(process, role);
  }

  #name(
    role: number,
    head: RequestHead,
    view: DataView,
    bytes: Uint8Array,
    offset: number,
    fields: RemoteFields,
  ): TargetName {
    if (role === ROLE.server) return { route: this.#routeOf(head, bytes) };
    const authority = this.#authority;
    const { host } = head;
    if (host.present && authority.parse(bytes, host.start, host.end)) {
      const name = latin1(bytes, authority.start, authority.end).toLowerCase();
      return { host: name, port: authority.port || HTTP_PORT };
    }
    const family = view.getUint16(offset + fields.family, true);
    return {
      host: this.#addresses.textOf(view, offset + fields.remote_address, family),
      port: view.getUint16(offset + fields.remote_port, true),
    };
  }

  #routeOf({ path }: RequestHead, bytes: Uint8Array): string | undefined {
    if (!path.present) return undefined; // CONNECT
    const text = latin1(bytes, path.start, path.end);
    return text === "*" ? text : this.#routes.routeOf(text);
  }

  #add(process: ObservedProcess, role: number, lo: number, hi: number, name: TargetName): Target {
    const targets = process.targets(role);
    if (targets.size >= this.#limit && !isSpecial(lo, hi))
      return this.ofSeries(process, role, TARGET_OTHER, 0);
    const target = new Target(lo, hi, name);
    targets.set(target);
    return target;
  }

  /** Stands for targets whose first sight was lost, until the next one. */
  #unnamed(process: ObservedProcess, role: number): Target {
    return process.targets(role).get(0, 0) ?? this.#add(process, role, 0, 0, {});
  }
}

/** 0: a request whose head was never complete. */
function isSpecial(lo: number, hi: number): boolean {
  return hi === 0 && (lo === 0 || lo === TARGET_OTHER);
}

function specialName(lo: number, role: number): TargetName {
  if (lo !== TARGET_OTHER) return {};
  return role === ROLE.server ? { route: OTHER } : { host: OTHER };
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
