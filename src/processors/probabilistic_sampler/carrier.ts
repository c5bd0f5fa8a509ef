// Where an item carries how it was sampled: spans in tracestate, log records in attributes.
import { attributeKey, type MessageEditor } from "../../pdata/index.ts";
import { parseRandomness, parseThreshold, randomnessHex, thresholdHex } from "../../pdata/sampling.ts";

/** What an item says of its sampling, and what is to be said. */
export interface Carrier {
  /** Undefined where it says nothing. */
  randomness: bigint | undefined;
  threshold: bigint | undefined;
  /** Writes both into the item. */
  write(): void;
}

/** Span's field. */
const TRACE_STATE = 3;
const MAX_TRACE_STATE = 1024;
const MAX_ENTRIES = 32;
const MAX_OT = 256;

/** The carrier of a span; undefined where its tracestate cannot be read, and must not be touched. */
export function spanCarrier(span: MessageEditor): Carrier | undefined {
  const text = span.text(TRACE_STATE);
  if (text === "") return new TraceStateCarrier(span, [], []);
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (text.length > MAX_TRACE_STATE || entries.length > MAX_ENTRIES) return undefined;
  if (!entries.every((entry) => /^[a-z0-9][-a-z0-9*/_@]*=[ -~]*$/.test(entry))) return undefined;
  const ot = entries.find((entry) => entry.startsWith("ot="))?.slice(3);
  if (ot === undefined) return new TraceStateCarrier(span, entries, []);
  const members = ot.split(";");
  if (ot.length > MAX_OT || !members.every((member) => /^[a-z][a-z0-9]*:[-A-Za-z0-9._]*$/.test(member)))
    return undefined;
  const carrier = new TraceStateCarrier(span, entries, members);
  return carrier.isGood ? carrier : undefined;
}

class TraceStateCarrier implements Carrier {
  randomness: bigint | undefined;
  threshold: bigint | undefined;
  /** Whether what there is of both could be read. */
  readonly isGood: boolean;
  readonly #span: MessageEditor;
  readonly #others: readonly string[];
  readonly #members: readonly string[];

  constructor(span: MessageEditor, entries: readonly string[], members: readonly string[]) {
    const rv = members.find((member) => member.startsWith("rv:"))?.slice(3);
    const th = members.find((member) => member.startsWith("th:"))?.slice(3);
    this.randomness = rv === undefined ? undefined : parseRandomness(rv);
    this.threshold = th === undefined ? undefined : parseThreshold(th);
    this.isGood =
      (this.randomness !== undefined || rv === undefined) &&
      (this.threshold !== undefined || th === undefined);
    this.#span = span;
    this.#others = entries.filter((entry) => !entry.startsWith("ot="));
    this.#members = members.filter((member) => !/^(?:rv|th):/.test(member));
  }

  write(): void {
    const rv = this.randomness === undefined ? [] : [`rv:${randomnessHex(this.randomness)}`];
    const th = this.threshold === undefined ? [] : [`th:${thresholdHex(this.threshold)}`];
    const members = [...rv, ...th, ...this.#members];
    const ot = members.length === 0 ? [] : [`ot=${members.join(";")}`];
    this.#span.setText(TRACE_STATE, [...ot, ...this.#others].join(","));
  }
}

const RANDOMNESS = attributeKey("sampling.randomness");
const THRESHOLD = attributeKey("sampling.threshold");

/** The carrier of a log record; undefined where its attributes cannot be read, and must not be touched. */
export function recordCarrier(record: MessageEditor): Carrier | undefined {
  const rv = textOf(record, RANDOMNESS);
  const th = textOf(record, THRESHOLD);
  const randomness = parseRandomness(rv);
  const threshold = parseThreshold(th);
  if ((rv !== "" && randomness === undefined) || (th !== "" && threshold === undefined)) return undefined;
  return {
    randomness,
    threshold,
    write() {
      if (this.randomness !== undefined) record.attributes.set(RANDOMNESS, randomnessHex(this.randomness));
      if (this.threshold !== undefined) record.attributes.set(THRESHOLD, thresholdHex(this.threshold));
      else record.attributes.delete(THRESHOLD);
    },
  };
}

function textOf(record: MessageEditor, key: ReturnType<typeof attributeKey>): string {
  const value = record.attributes.get(key);
  return typeof value === "string" ? value : "";
}
