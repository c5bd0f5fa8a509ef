// Heads in every legal spelling and size.
import { ask, type Case, fields, get, head, httpCase, ok, seen, simple } from "./case.ts";

/** The two heads and bodies sent and read in pieces of `size` bytes. */
function cut(size: number): Case {
  const calls = {
    ask: `write:${size}`,
    receive: `read:${size}`,
    answer: `write:${size}`,
    take: `read:${size}`,
  };
  return httpCase(
    `heads cut into pieces of ${size} bytes`,
    simple(`${ask("POST", "/cut", "Content-Length: 3")}abc`, ok("response"), calls),
    [seen("POST", "/cut", 200, { requestBody: 3, responseBody: 8 })],
  );
}

/** The request and the response cut once, at `at`. */
function cutAt(at: number): Case {
  const request = `${ask("POST", "/at", "Content-Length: 3")}abc`;
  const response = ok("response");
  return httpCase(
    `heads cut once, ${at} bytes from the body`,
    (talk) => {
      const up = request.length - 3 - at;
      const down = response.length - 8 - at;
      return talk
        .connect()
        .ask(request.slice(0, up))
        .ask(request.slice(up))
        .answer(response.slice(0, down))
        .answer(response.slice(down))
        .close();
    },
    [seen("POST", "/at", 200, { requestBody: 3, responseBody: 8 })],
  );
}

const cuts: readonly Case[] = [...[2, 3, 7, 16, 100].map(cut), ...[0, 1, 2, 3, 4].map(cutAt)];

const lines: readonly Case[] = [
  httpCase("an empty line before the request line", simple(`\r\n${get("/crlf")}`, ok("1")), [
    seen("GET", "/crlf", 200, { responseBody: 1 }),
  ]),
  httpCase(
    "empty lines after a body, before the next request",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/form", "Content-Length: 3")}a=1\r\n`)
        .answer(ok("form"))
        .ask(`\r\n\r\n${get("/next")}`)
        .answer(ok("next"))
        .close(),
    [
      seen("POST", "/form", 200, { requestBody: 3, responseBody: 4 }),
      seen("GET", "/next", 200, { responseBody: 4 }),
    ],
  ),
  httpCase(
    "an empty line in a send of its own before the request",
    (talk) => talk.connect().ask("\r\n").ask(get("/later")).answer(ok("l")).close(),
    [seen("GET", "/later", 200, { responseBody: 1 })],
  ),
  httpCase(
    "the absolute form",
    simple("GET http://shop.test:8080/abs?q=1 HTTP/1.1\r\nHost: shop.test:8080\r\n\r\n", ok("abs")),
    [seen("GET", "http://shop.test:8080/abs?q=1", 200, { responseBody: 3 })],
  ),
  httpCase("the asterisk form", simple(ask("OPTIONS", "*"), ok("", "Allow: GET")), [seen("OPTIONS", "*")]),
  httpCase("a query", simple(get("/find?q=a%20b&lang=de&empty=&q=2"), ok("found")), [
    seen("GET", "/find?q=a%20b&lang=de&empty=&q=2", 200, { responseBody: 5 }),
  ]),
  httpCase("a path of unusual characters", simple(get("/a/%C3%A9;v=1/@b:c/~d!$&'()*+,=/"), ok("odd")), [
    seen("GET", "/a/%C3%A9;v=1/@b:c/~d!$&'()*+,=/", 200, { responseBody: 3 }),
  ]),
  httpCase(
    "a status line with an empty reason",
    simple(get("/r"), "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab"),
    [seen("GET", "/r", 200, { responseBody: 2 })],
  ),
  httpCase(
    "a status line that ends behind the code",
    simple(get("/r"), "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nab"),
    [seen("GET", "/r", 404, { responseBody: 2 })],
  ),
  httpCase("a status of an unknown kind", simple(get("/r"), head("599 Whatever", "Content-Length: 0")), [
    seen("GET", "/r", 599),
  ]),
  httpCase(
    "an HTTP/1.0 response to an HTTP/1.1 request",
    simple(get("/down"), "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    [seen("GET", "/down", 200, { responseBody: 2 })],
  ),
  ...["PROPFIND", "FOO", "M-SEARCH", "QUERY", "TRACE"].map((method) =>
    httpCase(
      `the method ${method}`,
      (talk) => talk.connect().ask(ask(method, "/m")).answer(ok("m")).ask(get("/n")).answer(ok("n")).close(),
      [seen(method, "/m", 200, { responseBody: 1 }), seen("GET", "/n", 200, { responseBody: 1 })],
    ),
  ),
];

const names: readonly Case[] = [
  httpCase(
    "header names in lower case",
    simple(
      "POST /low HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nlow",
    ),
    [seen("POST", "/low", 200, { requestBody: 4, responseBody: 3 })],
  ),
  httpCase(
    "header names in mixed case, values with blanks around them",
    simple(
      "POST /mixed HTTP/1.1\r\nhOsT:x\r\ncOnTeNt-LeNgTh: \t 4 \t\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\nCONTENT-LENGTH:3\r\n\r\nmix",
    ),
    [seen("POST", "/mixed", 200, { requestBody: 4, responseBody: 3 })],
  ),
  httpCase(
    "Content-Length after fields that look like it",
    simple(
      `${ask("POST", "/last", "X-Content-Length: 999", "Content-Length-Hint: 998", "X-Note: Content-Length: 997", "Content-Length: 4")}body`,
      head("200 OK", "Server: HTTP/1.1 500 Oops", "X-Transfer-Encoding: chunked", "Content-Length: 5") +
        "right",
    ),
    [seen("POST", "/last", 200, { requestBody: 4, responseBody: 5 })],
  ),
  httpCase(
    "obsolete line folding",
    simple(
      `${ask("POST", "/fold", "X-Long: one", "\ttwo", "  Content-Length: 99", "Content-Length: 4")}body`,
      `${head("200 OK", "X-Folded: a", " Transfer-Encoding: chunked", "Content-Length: 6")}folded`,
    ),
    [seen("POST", "/fold", 200, { requestBody: 4, responseBody: 6 })],
  ),
];

/** A request and a response whose heads carry `extra` fields, with bodies whose exact size must be found behind them. */
function big(name: string, extra: readonly string[], calls?: { receive: string; take: string }): Case {
  return httpCase(
    name,
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/big", ...extra, "Content-Length: 11")}hello world`, "write", calls?.receive)
        .answer(ok("seventeen letters", ...extra), "write", calls?.take)
        .ask(get("/then"))
        .answer(ok("t"))
        .close(),
    [
      seen("POST", "/big", 200, { requestBody: 11, responseBody: 17 }),
      seen("GET", "/then", 200, { responseBody: 1 }),
    ],
  );
}

const sizes: readonly Case[] = [
  big("heads of more than 512 bytes", fields(8, 80)),
  big("heads of more than 512 bytes, read in pieces of 100", fields(8, 80), {
    receive: "read:100",
    take: "read:100",
  }),
  big("60 header fields", fields(60, 20)),
  big("heads of 8 KiB", fields(80, 100)),
  big("heads of 8 KiB, read in pieces of 1,000 bytes", fields(80, 100), {
    receive: "read:1000",
    take: "read:1000",
  }),
  big("heads of 8 KiB, read into small iovecs", fields(80, 100), {
    receive: "readv:100,200,300",
    take: "readv:100,200,300",
  }),
  big("a header line of 3,000 bytes", fields(1, 3000)),
  ...[2000, 8000].map((bytes) =>
    httpCase(
      `a target of ${bytes} bytes`,
      (talk) =>
        talk
          .connect()
          .ask(`${ask("POST", `/${"t".repeat(bytes)}?q=1`, "Content-Length: 2")}ab`)
          .answer(ok("long"))
          .ask(get("/short"))
          .answer(ok("s"))
          .close(),
      [
        seen("POST", `/${"t".repeat(bytes)}?q=1`, 200, { requestBody: 2, responseBody: 4 }),
        seen("GET", "/short", 200, { responseBody: 1 }),
      ],
    ),
  ),
  httpCase(
    "a header line of 64 KiB, refused with 431",
    (talk) =>
      talk
        .connect()
        .ask(get("/huge", ...fields(1, 65_536)))
        .answer(head("431 Request Header Fields Too Large", "Connection: close", "Content-Length: 0"))
        .closeByServer(),
    [seen("GET", "/huge", 431)],
  ),
];

/** Cases about how heads are written. */
export const syntaxCases: readonly Case[] = [...cuts, ...lines, ...names, ...sizes];
