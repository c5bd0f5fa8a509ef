// Chunked requests and responses, in every cut.
import { repeat } from "../conversation.ts";
import { ask, type Case, chunks, get, head, httpCase, ok, seen, simple } from "./case.ts";

const CHUNKED = "Transfer-Encoding: chunked";

/** Cases about chunks. */
export const chunkedCases: readonly Case[] = [
  httpCase(
    "a chunked response in one send",
    simple(get("/c"), head("200 OK", CHUNKED) + chunks("hello", " ", "world")),
    [seen("GET", "/c", 200, { responseBody: 11 })],
  ),
  httpCase(
    "a chunked response, each chunk a send, read in pieces of seven bytes",
    (talk) => {
      talk.connect().ask(get("/c7")).answer(head("200 OK", CHUNKED), "write", "read:7");
      for (const piece of ["first piece", "second", "x"])
        talk.answer(`${piece.length.toString(16)}\r\n${piece}\r\n`, "write", "read:7");
      return talk.answer("0\r\n\r\n", "write", "read:7").ask(get("/d")).answer(ok("d")).close();
    },
    [seen("GET", "/c7", 200, { responseBody: 18 }), seen("GET", "/d", 200, { responseBody: 1 })],
  ),
  httpCase(
    "a chunked response sent byte by byte, then another request",
    (talk) =>
      talk
        .connect()
        .ask(get("/c1"))
        .answer(head("200 OK", CHUNKED) + chunks("0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"), "write:1", "read:1")
        .ask(get("/e"))
        .answer(ok("ee"))
        .close(),
    [seen("GET", "/c1", 200, { responseBody: 23 }), seen("GET", "/e", 200, { responseBody: 2 })],
  ),
  httpCase(
    "chunk extensions, upper-case sizes, leading zeros and trailers",
    (talk) =>
      talk
        .connect()
        .ask(get("/ext"))
        .answer(
          `${head("200 OK", CHUNKED, "Trailer: X-Sum")}00A;name=value\r\n0123456789\r\n1F;a="b"\r\n${"y".repeat(31)}\r\n` +
            "0;last\r\nX-Sum: 41\r\nX-More: GET / HTTP/1.1\r\n\r\n",
        )
        .ask(get("/then"))
        .answer(ok("t"))
        .close(),
    [seen("GET", "/ext", 200, { responseBody: 41 }), seen("GET", "/then", 200, { responseBody: 1 })],
  ),
  httpCase("a chunked request", simple(ask("POST", "/cr", CHUNKED) + chunks("abc", "defgh"), ok("got 8")), [
    seen("POST", "/cr", 200, { requestBody: 8, responseBody: 5 }),
  ]),
  httpCase(
    "a chunked request with trailers, sent byte by byte, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/crt", CHUNKED)}5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`, "write:1", "read:1")
        .answer(ok("thanks"))
        .ask(get("/next"))
        .answer(ok("n"))
        .close(),
    [
      seen("POST", "/crt", 200, { requestBody: 5, responseBody: 6 }),
      seen("GET", "/next", 200, { responseBody: 1 }),
    ],
  ),
  httpCase(
    "a chunked request whose chunks are sends with pauses between",
    (talk) =>
      talk
        .connect()
        .ask(ask("PUT", "/steps", CHUNKED))
        .ask("3\r\nabc\r\n")
        .act("c", "sleep 5")
        .ask("4\r\nde")
        .act("c", "sleep 5")
        .ask("fg\r\n0\r\n")
        .ask("\r\n")
        .answer(ok("done"))
        .close(),
    [seen("PUT", "/steps", 200, { requestBody: 7, responseBody: 4 })],
  ),
  httpCase(
    "a chunk of 70,000 bytes, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(get("/bigchunk"))
        .answer([head("200 OK", CHUNKED), "11170\r\n", repeat("k", 70_000), "\r\n0\r\n\r\n"])
        .ask(get("/tail"))
        .answer(ok("tail"))
        .close(),
    [seen("GET", "/bigchunk", 200, { responseBody: 70_000 }), seen("GET", "/tail", 200, { responseBody: 4 })],
  ),
  httpCase(
    "Transfer-Encoding wins over Content-Length",
    (talk) =>
      talk
        .connect()
        .ask(ask("POST", "/both", "Content-Length: 3", CHUNKED) + chunks("abcdef"))
        .answer(head("200 OK", CHUNKED, "Content-Length: 1") + chunks("ghij"))
        .ask(get("/after"))
        .answer(ok("a"))
        .close(),
    [
      seen("POST", "/both", 200, { requestBody: 6, responseBody: 4 }),
      seen("GET", "/after", 200, { responseBody: 1 }),
    ],
  ),
  httpCase(
    "chunked as the last of two transfer codings",
    simple(get("/gz"), head("200 OK", "transfer-encoding: gzip, chunked") + chunks("\x1f\x8b\x08", "data")),
    [seen("GET", "/gz", 200, { responseBody: 7 })],
  ),
];
