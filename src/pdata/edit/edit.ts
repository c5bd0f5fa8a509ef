// Hot path: changes what is inside a request without decoding it: what an editor leaves alone is copied as bytes.
import { dataFromChunks } from "../data.ts";
import { Reader } from "../protobuf/reader.ts";
import { RunWriter } from "../protobuf/run-writer.ts";
import type { Signal, SignalData } from "../signal.ts";
import { type Lease, Slabs } from "../slabs.ts";
import { MessageEditor } from "./message-editor.ts";

/** What an item is in. The messages are good until the editor returns. */
export interface Within {
  readonly resource: MessageEditor;
  readonly scope: MessageEditor;
  /** Of a data point. */
  readonly metric: MessageEditor;
}

/** What to change. Each method is called once for each of its messages, outer ones first. */
export interface Editor {
  resource?(resource: MessageEditor): void;
  /** Before a metric's points; they are left as they are where it returns false. */
  metric?(metric: MessageEditor, within: Within): boolean;
  /** A span, log record or data point; it is dropped where it returns false. */
  item?(item: MessageEditor, within: Within): boolean;
}

/** OTLP's field numbers: ResourceX and ScopeX have their head in 1 and their children in 2. */
const HEAD = 1;
const CHILDREN = 2;
const HEAD_TAG = 0x0a;
const CHILDREN_TAG = 0x12;
const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;
const METRIC_METADATA = 12;
const RECORD_ATTRIBUTES = { traces: 9, logs: 6 } as const;
/** Attributes of a data point, by the field of Metric it is in: gauge, sum, histogram, exponential histogram, summary. */
const POINT_ATTRIBUTES: Readonly<Record<number, number>> = { 5: 7, 7: 7, 9: 9, 10: 1, 11: 7 };

/**
 * The data with an editor's changes; the same object where there were none. Scopes, metrics and resources of which
 * every item was dropped go too. The data stays good.
 * What it returns is in memory of `slabs`. Throws MalformedError.
 */
export function editData<S extends Signal>(
  data: SignalData[S],
  editor: Editor,
  slabs: Slabs = new Slabs(),
): SignalData[S] {
  const edit = new Edit(data.signal, editor, slabs);
  const edited = data.chunks.map((chunk) => edit.chunk(chunk));
  if (!edit.changed) return data;
  if (edited.some((chunk, index) => chunk === data.chunks[index])) data.share();
  const chunks = edited.filter((chunk) => chunk.length > 0);
  const itemCount = edit.dropped === 0 ? data.knownItemCount : undefined;
  return dataFromChunks(data.signal, chunks, itemCount, edit.leases) as SignalData[S];
}

class Edit {
  changed = false;
  dropped = 0;
  /** Of the memory that what was changed is in. */
  readonly leases: Lease[] = [];
  readonly #signal: Signal;
  readonly #editor: Editor;
  readonly #slabs: Slabs;
  readonly #out = new RunWriter();
  readonly #within: Within = {
    resource: new MessageEditor(),
    scope: new MessageEditor(),
    metric: new MessageEditor(),
  };
  readonly #item = new MessageEditor();
  /** Whether anything below resources is looked at. */
  readonly #deep: boolean;

  constructor(signal: Signal, editor: Editor, slabs: Slabs) {
    this.#signal = signal;
    this.#slabs = slabs;
    this.#editor = editor;
    this.#deep = Boolean(editor.item ?? editor.metric);
  }

  chunk(buf: Uint8Array): Uint8Array {
    const before = this.changed;
    this.changed = false;
    const reader = new Reader(buf);
    while (reader.next()) {
      if (reader.field === 1) this.#resourceX(reader);
      else this.#out.copyField(reader);
    }
    const view = this.#out.takeView();
    const result = this.changed ? this.#lent(view) : buf;
    this.changed ||= before;
    return result;
  }

  #lent(view: Uint8Array): Uint8Array {
    if (view.length === 0) return view;
    const { bytes, lease } = this.#slabs.lend(view);
    this.leases.push(lease);
    return bytes;
  }

  #resourceX(field: Reader): void {
    const { resource } = this.#within;
    loadHead(field, resource, RESOURCE_ATTRIBUTES);
    this.#editor.resource?.(resource);
    if (this.#deep) this.#parent(field, 0x0a, resource, (child) => this.#scopeX(child));
    else if (resource.changed) this.#parent(field, 0x0a, resource, (child) => this.#copy(child));
    else this.#out.copyField(field);
  }

  #scopeX(field: Reader): boolean {
    loadHead(field, this.#within.scope, SCOPE_ATTRIBUTES);
    const child = this.#signal === "metrics" ? this.#onMetric : this.#onRecord;
    return this.#parent(field, CHILDREN_TAG, this.#within.scope, child);
  }

  /** Writes a message with a head and children; gone with its last child. Returns whether it is still there. */
  #parent(field: Reader, tag: number, head: MessageEditor, onChild: (child: Reader) => boolean): boolean {
    const before = this.#out.writer.pos;
    const start = this.#out.begin(tag);
    const reader = field.message();
    let lost = 0;
    let kept = 0;
    if (head.changed) {
      this.changed = true;
      head.write(HEAD_TAG, this.#out);
    }
    while (reader.next()) {
      if (reader.field === CHILDREN) {
        if (onChild(reader)) kept++;
        else lost++;
      } else if (reader.field !== HEAD || !head.changed) this.#out.copyField(reader);
    }
    return this.#closeUnlessEmpty(before, start, kept, lost);
  }

  #closeUnlessEmpty(before: number, start: number, kept: number, lost: number): boolean {
    if (lost > 0 && kept === 0) {
      this.#out.writer.pos = before;
      return false;
    }
    this.#out.end(start);
    return true;
  }

  #copy(field: Reader): boolean {
    this.#out.copyField(field);
    return true;
  }

  readonly #onRecord = (field: Reader): boolean =>
    this.#itemIn(field, CHILDREN_TAG, RECORD_ATTRIBUTES[this.#signal as "traces" | "logs"]);

  readonly #onMetric = (field: Reader): boolean => {
    const { metric } = this.#within;
    field.expectMessage();
    metric.load(field.buf, field.start, field.stop, METRIC_METADATA);
    if (this.#editor.metric && !this.#editor.metric(metric, this.#within)) return this.#copy(field);
    const before = this.#out.writer.pos;
    const start = this.#out.begin(CHILDREN_TAG);
    const reader = field.message();
    let kept = 0;
    let lost = 0;
    while (reader.next()) {
      const attributes = POINT_ATTRIBUTES[reader.field];
      if (attributes === undefined) this.#out.copyField(reader);
      else if (this.#points(reader, attributes)) kept++;
      else lost++;
    }
    return this.#closeUnlessEmpty(before, start, kept, lost);
  };

  /** The points of a gauge, sum, histogram or summary. */
  #points(field: Reader, attributes: number): boolean {
    const before = this.#out.writer.pos;
    const start = this.#out.begin((field.field << 3) | 2);
    const reader = field.message();
    let kept = 0;
    let lost = 0;
    while (reader.next()) {
      if (reader.field !== 1) this.#out.copyField(reader);
      else if (this.#itemIn(reader, 0x0a, attributes)) kept++;
      else lost++;
    }
    return this.#closeUnlessEmpty(before, start, kept, lost);
  }

  #itemIn(field: Reader, tag: number, attributes: number): boolean {
    const item = this.#item;
    field.expectMessage();
    item.load(field.buf, field.start, field.stop, attributes);
    if (this.#editor.item && !this.#editor.item(item, this.#within)) {
      this.dropped++;
      this.changed = true;
      return false;
    }
    if (!item.changed) return this.#copy(field);
    this.changed = true;
    item.write(tag, this.#out);
    return true;
  }
}

/** Finds the resource or scope of a message before its children are met: it may lie behind them. */
function loadHead(field: Reader, head: MessageEditor, attributes: number): void {
  const reader = field.message();
  while (reader.next()) {
    if (reader.field !== HEAD) continue;
    reader.expectMessage();
    head.load(reader.buf, reader.start, reader.stop, attributes);
    return;
  }
  head.load(field.buf, 0, 0, attributes);
}
