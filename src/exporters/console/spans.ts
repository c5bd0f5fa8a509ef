// A line per span: when, what kind, how it ended, what it was, how long, who and with whom.
import type { Resource, ResourceItems } from "../../pdata/decode/common.ts";
import type { Span } from "../../pdata/decode/traces.ts";
import { ERROR_TYPE } from "../../semconv/error.ts";
import { HTTP_RESPONSE_STATUS_CODE } from "../../semconv/http.ts";
import {
  CLIENT_ADDRESS,
  CLIENT_PORT,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  SERVER_ADDRESS,
  SERVER_PORT,
} from "../../semconv/network.ts";
import { URL_FULL, URL_PATH } from "../../semconv/url.ts";
import { type Canvas, type Cell, cell, columns, drawLine, left, right, type Style, safe } from "./cells.ts";
import { address, clock, duration, textOf, who } from "./text.ts";

const KINDS = ["SPAN", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const KIND_STYLES: readonly Style[] = ["plain", "plain", "cyan", "magenta", "yellow", "yellow"];
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

/** Columns grow to what they have to hold, up to here, and do not shrink again: so that lines stay aligned. */
const NAME = { least: 24, most: 56 };
const WHO = { least: 14, most: 28 };
const PEER = { least: 17, most: 30 };

/** Draws spans, remembering how wide its columns have become. */
export class SpanLines {
  #nameWidth = NAME.least;
  #whoWidth = WHO.least;
  #peerWidth = PEER.least;

  /** The lines of one batch, in the order in which the spans began. */
  draw(traces: readonly ResourceItems<Span>[], canvas: Canvas): string {
    const rows = traces.flatMap(({ resource, scopes }) =>
      scopes.flatMap(({ items }) => items.map((span) => toRow(span, resource))),
    );
    rows.sort((a, b) => (a.span.startTime < b.span.startTime ? -1 : 1));
    this.#nameWidth = grown(
      this.#nameWidth,
      NAME.most,
      rows.map((row) => row.name),
    );
    this.#whoWidth = grown(
      this.#whoWidth,
      WHO.most,
      rows.map((row) => row.who),
    );
    this.#peerWidth = grown(
      this.#peerWidth,
      PEER.most,
      rows.map((row) => row.peer),
    );
    return rows.map((row) => drawLine(this.#cells(row), canvas)).join("");
  }

  #cells({ span, name, who, peer }: Row): Cell[] {
    const failed = span.status.code === ERROR;
    const seconds = Number(span.endTime - span.startTime) / 1e9;
    return [
      cell(`${clock(span.startTime)}  `, "dim"),
      cell(left(KINDS[span.kind] ?? "SPAN", 8), KIND_STYLES[span.kind] ?? "plain"),
      statusCell(span),
      cell(`  ${left(name, this.#nameWidth)} `, failed ? "red" : "bold"),
      cell(right(duration(seconds), 7), failed ? "red" : slowness(seconds)),
      cell(`   ${left(who, this.#whoWidth)} `),
      cell(left(peer, this.#peerWidth), "dim"),
      ...(failed ? [cell(`  ${reason(span)}`, "red")] : []),
      { text: span.traceId && `  trace ${span.traceId.slice(0, 8)}…`, style: "dim", optional: true },
    ];
  }
}

interface Row {
  readonly span: Span;
  readonly name: string;
  readonly who: string;
  readonly peer: string;
}

function toRow(span: Span, resource: Resource): Row {
  return { span, name: what(span), who: who(resource), peer: peer(span) };
}

function grown(width: number, most: number, texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, Math.min(columns(text), most)), width);
}

/** The span's name; where it says no route, the path that was asked for. */
function what({ name, attributes }: Span): string {
  if (name.includes("/")) return safe(name);
  const path = textOf(attributes, URL_PATH) || pathOf(textOf(attributes, URL_FULL));
  return path ? `${safe(name)} ${path}` : safe(name);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : "";
}

function statusCell(span: Span): Cell {
  const code = textOf(span.attributes, HTTP_RESPONSE_STATUS_CODE, "rpc.status_code");
  if (code) return cell(right(code, 3), codeStyle(code));
  return span.status.code === ERROR ? cell("ERR", "red") : cell("  –", "dim");
}

function codeStyle(code: string): Style {
  if (code === "OK" || code.startsWith("2")) return "green";
  if (code.startsWith("1") || code.startsWith("3")) return "cyan";
  return code.startsWith("4") ? "yellow" : "red";
}

function slowness(seconds: number): Style {
  return seconds >= 1 ? "yellow" : "plain";
}

/** Who asked, or who was asked. */
function peer({ kind, attributes }: Span): string {
  if (kind === SERVER) {
    const client = address(textOf(attributes, CLIENT_ADDRESS), textOf(attributes, CLIENT_PORT));
    const peer = address(textOf(attributes, NETWORK_PEER_ADDRESS), textOf(attributes, NETWORK_PEER_PORT));
    return arrow("←", textOf(attributes, CLIENT_PORT) ? client : peer || client);
  }
  if (kind !== CLIENT) return "";
  return arrow("→", address(textOf(attributes, SERVER_ADDRESS), textOf(attributes, SERVER_PORT)));
}

function arrow(direction: string, address: string): string {
  return address ? `${direction} ${address}` : "";
}

function reason({ attributes, status }: Span): string {
  const type = textOf(attributes, ERROR_TYPE);
  const told = /^\d+$/.test(type) ? "" : type; // A status code is on the line already.
  return [told, safe(status.message)].filter(Boolean).join(": ");
}
