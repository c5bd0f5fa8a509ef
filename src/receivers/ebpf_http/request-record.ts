// Hot path: one struct http_request_event, opened for everyone who writes a part of its span.
import { http_request_event as field } from "../../ebpf/layouts.gen.ts";
import { RequestHead } from "./head.ts";
import { FAILURE, ROLE } from "./request-series.ts";

/** The record being looked at, where it lies. Reused for every request; valid until the ring goes on. */
export class RequestRecord {
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  readonly head: RequestHead = new RequestHead();
  role = 0;
  method = 0;
  status = 0;
  failure = 0;
  minorVersion = 0;

  /** Opens the record at `offset`; `bytes` are the view's. */
  open(view: DataView, bytes: Uint8Array, offset: number): this {
    this.view = view;
    this.bytes = bytes;
    this.offset = offset;
    this.role = view.getUint8(offset + field.role);
    this.method = view.getUint8(offset + field.method);
    this.status = view.getUint16(offset + field.status, true);
    this.failure = view.getUint8(offset + field.failure);
    this.minorVersion = view.getUint8(offset + field.minor_version);
    this.head.parse(view, bytes, this.headStart, this.headEnd);
    return this;
  }

  get isServer(): boolean {
    return this.role === ROLE.server;
  }

  /** Its client gave up, which is no error. */
  get isCancelled(): boolean {
    return this.failure === FAILURE.cancelled;
  }

  /** The captured bytes of the request's head. */
  get headStart(): number {
    return this.offset + field.size;
  }

  get headEnd(): number {
    return this.headStart + this.view.getUint16(this.offset + field.request_head_bytes, true);
  }

  /** The captured bytes of the response's head begin where the request's end. */
  get responseHeadEnd(): number {
    return this.headEnd + this.view.getUint16(this.offset + field.response_head_bytes, true);
  }

  get localPort(): number {
    return this.view.getUint16(this.offset + field.local_port, true);
  }

  get remotePort(): number {
    return this.view.getUint16(this.offset + field.remote_port, true);
  }

  /** The port requests are sent to. */
  get serverPort(): number {
    return this.isServer ? this.localPort : this.remotePort;
  }

  get family(): number {
    return this.view.getUint16(this.offset + field.family, true);
  }

  /** Doubles: exact to 2^53 bytes. */
  get requestBodyBytes(): number {
    return this.#uint64(field.request_body_bytes);
  }

  get responseBodyBytes(): number {
    return this.#uint64(field.response_body_bytes);
  }

  /** From the request's first byte to the response's last. */
  get durationNs(): number {
    const { view, offset } = this;
    const lo = view.getUint32(offset + field.end_ns, true) - view.getUint32(offset + field.start_ns, true);
    const hi =
      view.getUint32(offset + field.end_ns + 4, true) - view.getUint32(offset + field.start_ns + 4, true);
    return hi * 2 ** 32 + lo;
  }

  /** A field of the request's head as text. Not for every request. */
  text(run: { readonly start: number; readonly end: number }): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + run.start, run.end - run.start).toString();
  }

  #uint64(at: number): number {
    const { view, offset } = this;
    const hi = view.getUint32(offset + at + 4, true);
    const lo = view.getUint32(offset + at, true);
    return hi === 0 ? lo : hi * 2 ** 32 + lo;
  }
}
