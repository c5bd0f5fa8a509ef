import { ask, type Case, chunks, get, head, httpCase, ok, post, seen } from "./case.ts";

const LATE = { attachLate: true };
const NEXT = seen("GET", "/next", 200, { responseBody: 4 });

/** Cases in which the tap starts at the pause. */
export const olderCases: readonly Case[] = [
  httpCase(
    "an idle keep-alive connection",
    (talk) =>
      talk
        .connect()
        .ask(get("/before"))
        .answer(ok("before"))
        .act("c", "pause p")
        .ask(get("/next"))
        .answer(ok("next"))
        .ask(post("/third", "3"))
        .answer(ok("third"))
        .close(),
    [NEXT, seen("POST", "/third", 200, { requestBody: 1, responseBody: 5 })],
    { ...LATE, blockedServer: true },
  ),
  httpCase(
    "attached in the middle of a response's body",
    (talk) =>
      talk
        .connect()
        .ask(get("/before"))
        .answer(`${head("200 OK", "Content-Length: 20")}0123456789`)
        .act("c", "pause p")
        .act("s", "await p")
        .answer("abcdefghij")
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached in the middle of a chunked response",
    (talk) =>
      talk
        .connect()
        .ask(get("/before"))
        .answer(`${head("200 OK", "Transfer-Encoding: chunked")}5\r\nhello\r\n`)
        .act("c", "pause p")
        .act("s", "await p")
        .answer(chunks("and", "more"))
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached in the middle of a request's body",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/before", "Content-Length: 20")}0123456789`)
        .act("c", "pause p")
        .ask("abcdefghij")
        .answer(ok("done"))
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached in the middle of a request's head",
    (talk) =>
      talk
        .connect()
        .ask("GET /before HTTP/1.1\r\nHost: sh")
        .act("c", "pause p")
        .ask("op.test\r\nAccept: */*\r\n\r\n")
        .answer(ok("done"))
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached between a request and its response",
    (talk) =>
      talk
        .connect()
        .ask(get("/before"))
        .act("c", "pause p")
        .act("s", "await p")
        .answer(ok("before"))
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached with two pipelined requests in flight",
    (talk) =>
      talk
        .connect()
        .ask(get("/one") + get("/two"))
        .act("c", "pause p")
        .act("s", "await p")
        .answer(ok("one"))
        .answer(ok("two"))
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
    LATE,
  ),
  httpCase(
    "attached in a body until close",
    (talk) =>
      talk
        .connect()
        .ask(get("/before"))
        .answer(`${head("200 OK", "Connection: close")}begin`)
        .act("c", "pause p")
        .act("s", "await p")
        .answer(" end")
        .closeByServer(),
    [],
    LATE,
  ),
  httpCase(
    "attached after the connection was made and before its first byte",
    (talk) => talk.connect().act("c", "pause p").ask(get("/next")).answer(ok("next")).close(),
    [NEXT],
    { ...LATE, blockedServer: true },
  ),
];
