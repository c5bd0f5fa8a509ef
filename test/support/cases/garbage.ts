// Connections that carry anything but HTTP/1.x: no request may be invented, and each is counted for what it is.
import { Conversation, type Data, repeat } from "../conversation.ts";
import { get, ok } from "./case.ts";

/** Under which of the tap's counters a connection is found. */
export type GarbageKind = "unparsed" | "endless" | "tls" | "http2" | "unreadable" | "silent";

export interface Garbage {
  readonly name: string;
  readonly talk: Conversation;
  readonly kind: GarbageKind;
}

function garbage(name: string, up: Data, down: Data = "\x00", kind: GarbageKind = "unparsed"): Garbage {
  return { name, kind, talk: new Conversation().connect().ask(up).answer(down).close() };
}

/** The same for protocols whose server speaks first. */
function greeted(name: string, down: Data, up: Data, kind: GarbageKind = "unparsed"): Garbage {
  return { name, kind, talk: new Conversation().connect().answer(down).ask(up).close() };
}

/** Bytes of a linear congruential generator: the same in every run. */
function noise(seed: number, length: number): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(state >>> 24);
  }).join("");
}

function utf16(text: string): string {
  return [...text].map((character) => `${character}\0`).join("");
}

const CLIENT_HELLO = `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${noise(7, 506)}`;
const SERVER_HELLO = `\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03${noise(8, 116)}\x14\x03\x03\x00\x01\x01`;
const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
const HTTP2_SETTINGS = "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\0\0\x04\x01\0\0\0\0";

/** Connections that are not HTTP/1.x. */
export const garbageTable: readonly Garbage[] = [
  ...[1, 2, 3, 4, 5].map((seed) =>
    garbage(`random bytes, seed ${seed}`, noise(seed, 300 * seed), noise(seed + 9, 200)),
  ),
  garbage("64 KiB of random bytes both ways", noise(11, 65_536), noise(12, 65_536)),
  garbage("a TLS handshake", CLIENT_HELLO, SERVER_HELLO, "tls"),
  garbage("the HTTP/2 preface", HTTP2_PREFACE, HTTP2_SETTINGS, "http2"),
  garbage("NULs", "\0".repeat(1000), "\0\0\0\0"),
  garbage(
    "a header line of 64 KiB without a request",
    ["X-Long: ", repeat("a", 65_536), "\r\n\r\n"],
    "no\r\n",
  ),
  garbage("a method of 1,000 bytes", `${"M".repeat(1000)} / HTTP/1.1\r\n\r\n`, "no\r\n"),
  garbage("a method of 1,000 lower-case bytes", `${"m".repeat(1000)} / HTTP/1.1\r\n\r\n`, "no\r\n"),
  garbage("GET and no end of the line", ["GET /", repeat("a", 200_000)], "no\r\n", "endless"),
  garbage("a header that never ends", "GETTING / HTTP/1.1 done\r\nX: y\r\n", "no\r\n"),
  garbage("HTTP/0.9", "GET /\r\n", "<html>old</html>"),
  garbage("GET of an unknown major version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "no\r\n"),
  garbage("a sentence that begins like a request", "GET me out of here\r\n", "no\r\n"),
  garbage("words that begin like methods", "GETTER SETTER\r\nPOSTMAN\r\n", "no\r\n"),
  garbage("RTSP", "OPTIONS rtsp://x/s RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"),
  garbage("SIP", "INVITE sip:a@x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n", "SIP/2.0 100 Trying\r\n\r\n"),
  garbage("UTF-16", utf16(get("/wide")), utf16(ok("wide"))),
  garbage("a byte order mark before a request", `\xef\xbb\xbf${get("/bom")}`, "no\r\n"),
  garbage("a blank before a request", ` ${get("/blank")}`, "no\r\n"),
  garbage("Redis", "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", "$5\r\nvalue\r\n"),
  garbage("Redis inline", "GET key\r\n", "$5\r\nvalue\r\n"),
  garbage("Memcached", "get key\r\n", "VALUE key 0 1\r\nx\r\nEND\r\n"),
  garbage("Postgres", "\0\0\0\x13\0\x03\0\0user\0shop\0\0", "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
  garbage("Kafka", "\0\0\0\x14\0\x12\0\0\0\0\0\x01\0\x04talk\0\0\0\0", "\0\0\0\x08\0\0\0\x01\0\0\0\0"),
  garbage("AMQP", "AMQP\0\0\x09\x01", "\x01\0\0\0\0\0\x04\0\x0a\0\x0b\xce"),
  garbage("a proxy protocol line without HTTP behind it", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n\0\0", "\0"),
  greeted("an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-talk\r\n"),
  greeted("SMTP", "220 mail.test ESMTP\r\n", "EHLO talk\r\n"),
  greeted("MySQL", "\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0", "\x20\0\0\x01\x85\xa6\xff\x01"),
  greeted("a response without a request", ok("nobody asked"), "\0\0"),
  {
    name: "a single byte that could begin a request, then the end",
    talk: new Conversation().connect().ask("G").close(),
    kind: "silent",
  },
  {
    name: "HTTP through io_uring",
    talk: new Conversation()
      .connect()
      .ask(get("/ring"), "uringsend", "uringrecv")
      .answer(ok("ring"), "uringsend", "uringrecv")
      .close(),
    kind: "unreadable",
  },
];
