// How requests and responses end when no chunk says so: versions, lengths, bodies until close.
import { repeat } from "../conversation.ts";
import { ask, type Case, get, head, httpCase, ok, post, reply, seen, simple } from "./case.ts";

const versions: readonly Case[] = [
  httpCase("a GET with a Content-Length response", simple(get("/plain"), ok("hello")), [
    seen("GET", "/plain", 200, { responseBody: 5 }),
  ]),
  httpCase(
    "HTTP/1.0 with a body until close",
    (talk) =>
      talk
        .connect()
        .ask("GET /old HTTP/1.0\r\n\r\n")
        .answer("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold body")
        .closeByServer(),
    [seen("GET", "/old", 200, { version: "1.0", responseBody: 8 })],
  ),
  httpCase(
    "HTTP/1.0 kept alive by a Connection header",
    (talk) =>
      talk
        .connect()
        .ask("GET /first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        .answer("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\none")
        .ask("GET /second HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        .answer("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nfour")
        .close(),
    [
      seen("GET", "/first", 200, { version: "1.0", responseBody: 3 }),
      seen("GET", "/second", 200, { version: "1.0", responseBody: 4 }),
    ],
  ),
  httpCase(
    "an HTTP/1.1 body until close, in several sends",
    (talk) =>
      talk
        .connect()
        .ask(get("/stream"))
        .answer(head("200 OK", "Connection: close"))
        .answer(repeat("a", 30_000))
        .answer(repeat("b", 30_000))
        .answer("the end")
        .closeByServer(),
    [seen("GET", "/stream", 200, { responseBody: 60_007 })],
  ),
  httpCase(
    "keep-alive with a success, a client error and a server error",
    (talk) =>
      talk
        .connect()
        .ask(get("/a"))
        .answer(ok("fine"))
        .ask(get("/b"))
        .answer(reply("404 Not Found", "no such page"))
        .ask(get("/c"))
        .answer(reply("500 Internal Server Error", ""))
        .close(),
    [
      seen("GET", "/a", 200, { responseBody: 4 }),
      seen("GET", "/b", 404, { responseBody: 12 }),
      seen("GET", "/c", 500),
    ],
  ),
  httpCase(
    "twenty requests on one connection",
    (talk) => {
      talk.connect();
      for (let i = 0; i < 20; i++) talk.ask(get(`/page/${i}`)).answer(ok("x".repeat(i)));
      return talk.close();
    },
    Array.from({ length: 20 }, (_, i) => seen("GET", `/page/${i}`, 200, { responseBody: i })),
  ),
];

const lengths: readonly Case[] = [
  httpCase("a POST with a body", simple(post("/orders", "id=1&n=2"), reply("201 Created", "{}")), [
    seen("POST", "/orders", 201, { requestBody: 8, responseBody: 2 }),
  ]),
  httpCase("a POST with an empty body", simple(post("/empty", ""), ok("")), [seen("POST", "/empty")]),
  httpCase(
    "PUT, PATCH, DELETE and OPTIONS",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("PUT", "/item", "Content-Length: 3")}abc`)
        .answer(head("204 No Content"))
        .ask(`${ask("PATCH", "/item", "Content-Length: 2")}de`)
        .answer(ok("patched"))
        .ask(ask("DELETE", "/item"))
        .answer(head("204 No Content"))
        .ask(ask("OPTIONS", "/item"))
        .answer(ok("", "Allow: GET"))
        .close(),
    [
      seen("PUT", "/item", 204, { requestBody: 3 }),
      seen("PATCH", "/item", 200, { requestBody: 2, responseBody: 7 }),
      seen("DELETE", "/item", 204),
      seen("OPTIONS", "/item"),
    ],
  ),
  httpCase(
    "HEAD with a Content-Length, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(ask("HEAD", "/big"))
        .answer(head("200 OK", "Content-Length: 123456"))
        .ask(get("/small"))
        .answer(ok("s"))
        .close(),
    [seen("HEAD", "/big"), seen("GET", "/small", 200, { responseBody: 1 })],
  ),
  httpCase(
    "204, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(get("/none"))
        .answer(head("204 No Content"))
        .ask(get("/some"))
        .answer(ok("some"))
        .close(),
    [seen("GET", "/none", 204), seen("GET", "/some", 200, { responseBody: 4 })],
  ),
  httpCase(
    "304 with a Content-Length, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(get("/cached", 'If-None-Match: "1"'))
        .answer(head("304 Not Modified", "Content-Length: 9999"))
        .ask(get("/fresh"))
        .answer(ok("fresh"))
        .close(),
    [seen("GET", "/cached", 304), seen("GET", "/fresh", 200, { responseBody: 5 })],
  ),
  httpCase(
    "a body that looks like a request, in a send of its own",
    (talk) =>
      talk
        .connect()
        .ask(ask("POST", "/mail", "Content-Length: 37"))
        .ask("GET /not-a-request HTTP/1.1\r\nHost: x\r\n")
        .answer(ok("taken"))
        .close(),
    [seen("POST", "/mail", 200, { requestBody: 37, responseBody: 5 })],
  ),
  httpCase(
    "a body that looks like a response, in a send of its own",
    (talk) =>
      talk
        .connect()
        .ask(get("/log"))
        .answer(head("200 OK", "Content-Length: 38"))
        .answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n")
        .ask(get("/next"))
        .answer(ok("n"))
        .close(),
    [seen("GET", "/log", 200, { responseBody: 38 }), seen("GET", "/next", 200, { responseBody: 1 })],
  ),
  httpCase(
    "an answer before the request's body is complete, with the rest read later",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/slow", "Content-Length: 1000")}0123456789`)
        .answer(reply("202 Accepted", "soon"))
        .ask(repeat("z", 990))
        .ask(get("/after"))
        .answer(ok("ok"))
        .close(),
    [
      seen("POST", "/slow", 202, { requestBody: 1000, responseBody: 4 }),
      seen("GET", "/after", 200, { responseBody: 2 }),
    ],
  ),
  httpCase(
    "413 and close while the client still had a body to send",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/upload", "Content-Length: 1000000")}${"u".repeat(500)}`)
        .answer(reply("413 Content Too Large", "too large", "Connection: close"))
        .closeByServer(),
    [seen("POST", "/upload", 413, { requestBody: 500, responseBody: 9 })],
  ),
  httpCase(
    "Connection: close with a Content-Length",
    (talk) => talk.connect().ask(get("/bye")).answer(ok("bye!", "Connection: close")).closeByServer(),
    [seen("GET", "/bye", 200, { responseBody: 4 })],
  ),
];

/** Cases about where a message ends. */
export const framingCases: readonly Case[] = [...versions, ...lengths];
