// Hot path: a request's record becomes a span, straight into OTLP bytes.
import { http_request_event as field } from "../../ebpf/layouts.gen.ts";
import { Nanos, type TracesBuilder } from "../../pdata/index.ts";
import type { Addresses } from "./address.ts";
import { ClientAttributes } from "./client-attributes.ts";
import type { CaptureConfig } from "./config.ts";
import { headerValues } from "./head.ts";
import { METHOD_OTHER } from "./methods.ts";
import type { RequestKind } from "./request-kind.ts";
import type { RequestRecord } from "./request-record.ts";
import { ServerAttributes } from "./server-attributes.ts";
import { SpanContext } from "./span-context.ts";
import { type HeaderKey, KEY, requestHeaderKeys, responseHeaderKeys } from "./span-keys.ts";

/** Writes spans by the stable semantic conventions of HTTP. */
export class SpanWriter {
  /** Ids of the span that was written last. */
  readonly context: SpanContext = new SpanContext();
  readonly #addresses: Addresses;
  readonly #offset: Nanos;
  readonly #server: ServerAttributes;
  readonly #client: ClientAttributes;
  readonly #requestHeaders: readonly HeaderKey[];
  readonly #responseHeaders: readonly HeaderKey[];
  readonly #start: Nanos = new Nanos();
  readonly #end: Nanos = new Nanos();

  /** `offset` turns CLOCK_MONOTONIC into time of day; it may change. */
  constructor(capture: CaptureConfig, addresses: Addresses, offset: Nanos) {
    this.#addresses = addresses;
    this.#offset = offset;
    this.#server = new ServerAttributes(addresses);
    this.#client = new ClientAttributes(addresses);
    this.#requestHeaders = requestHeaderKeys(capture.requestHeaders);
    this.#responseHeaders = responseHeaderKeys(capture.responseHeaders);
  }

  /** When the span that was written last ended, in time of day. */
  get end(): Nanos {
    return this.#end;
  }

  /** Writes the span of an open record, which is of `kind`. */
  write(out: TracesBuilder, record: RequestRecord, kind: RequestKind): void {
    out.beginSpan();
    this.context.write(out, record);
    out.encodedFields(kind.spanFields);
    this.#writeTimes(out, record);
    this.#writeRequest(out, record);
    this.#writeSizes(out, record);
    this.#writePeer(out, record);
    if (this.#requestHeaders.length > 0 || this.#responseHeaders.length > 0) this.#writeHeaders(out, record);
    out.endSpan();
  }

  #writeTimes(out: TracesBuilder, { view, offset }: RequestRecord): void {
    const start = this.#start.setU32(
      view.getInt32(offset + field.start_ns, true),
      view.getInt32(offset + field.start_ns + 4, true),
    );
    const end = this.#end.setU32(
      view.getInt32(offset + field.end_ns, true),
      view.getInt32(offset + field.end_ns + 4, true),
    );
    out.startTime(start.add(this.#offset)).endTime(end.add(this.#offset));
  }

  #writeRequest(out: TracesBuilder, record: RequestRecord): void {
    const { head, bytes } = record;
    if (record.method === METHOD_OTHER && head.method.present)
      out.bytesAttr(KEY.methodOriginal, bytes, head.method.start, head.method.end);
    if (record.isServer) this.#server.write(out, record);
    else this.#client.write(out, record);
    if (head.userAgent.present) out.bytesAttr(KEY.userAgent, bytes, head.userAgent.start, head.userAgent.end);
  }

  #writeSizes(out: TracesBuilder, record: RequestRecord): void {
    out.intAttr(KEY.requestBodySize, record.requestBodyBytes);
    if (record.status !== 0) out.intAttr(KEY.responseBodySize, record.responseBodyBytes);
  }

  #writePeer(out: TracesBuilder, record: RequestRecord): void {
    const { view, offset } = record;
    const peer = this.#addresses.textOf(view, offset + field.remote_address, record.family);
    out.strAttr(KEY.peerAddress, peer).intAttr(KEY.peerPort, record.remotePort);
  }

  #writeHeaders(out: TracesBuilder, record: RequestRecord): void {
    const { view, headStart, headEnd, responseHeadEnd } = record;
    for (const { name, key } of this.#requestHeaders) {
      const values = headerValues(view, headStart, headEnd, name);
      if (values.length > 0) out.strArrayAttr(key, values);
    }
    for (const { name, key } of this.#responseHeaders) {
      const values = headerValues(view, headEnd, responseHeadEnd, name);
      if (values.length > 0) out.strArrayAttr(key, values);
    }
  }
}
