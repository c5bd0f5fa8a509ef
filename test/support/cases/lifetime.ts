// Connections that end early, end badly, or follow one another.
import { repeat } from "../conversation.ts";
import { ask, type Case, get, head, httpCase, ok, seen, unanswered } from "./case.ts";

const NEXT = seen("GET", "/next", 200, { responseBody: 4 });

const early: readonly Case[] = [
  httpCase("the client closes before the response", (talk) => talk.connect().ask(get("/gone")).close(), [], {
    client: [unanswered("GET", "/gone", "cancelled")],
    server: [unanswered("GET", "/gone", "closed")],
  }),
  httpCase(
    "the client closes in the middle of its body",
    (talk) =>
      talk
        .connect()
        .ask(`${ask("POST", "/part", "Content-Length: 100")}0123456789`)
        .close(),
    [],
    {
      client: [unanswered("POST", "/part", "cancelled", { requestBody: 10 })],
      server: [unanswered("POST", "/part", "closed", { requestBody: 10 })],
    },
  ),
  httpCase(
    "the client closes in the middle of a request line",
    (talk) => talk.connect().ask("GET /part HT").close(),
    [],
  ),
  httpCase(
    "the client closes with the response's body half read",
    (talk) =>
      talk
        .connect()
        .ask(get("/half"))
        .send("s", "write", head("200 OK", "Content-Length: 10"), "0123456789")
        .act("s", "set a")
        .receive("c", "read", head("200 OK", "Content-Length: 10").length + 5)
        .act("c", "await a")
        .act("c", "close")
        .act("s", "readend")
        .act("s", "close"),
    [],
    {
      client: [seen("GET", "/half", 200, { responseBody: 5, failure: "cancelled" })],
      server: [seen("GET", "/half", 200, { responseBody: 10 })],
    },
  ),
  httpCase(
    "the server closes without a response",
    (talk) => talk.connect().ask(get("/silent")).closeByServer(),
    [unanswered("GET", "/silent", "closed")],
  ),
  httpCase(
    "the server closes in the middle of a body",
    (talk) =>
      talk
        .connect()
        .ask(get("/short"))
        .answer(`${head("200 OK", "Content-Length: 1000")}only this`)
        .closeByServer(),
    [seen("GET", "/short", 200, { responseBody: 9, failure: "closed" })],
  ),
  httpCase(
    "the server closes after an interim response",
    (talk) => talk.connect().ask(get("/interim")).answer(head("103 Early Hints")).closeByServer(),
    [unanswered("GET", "/interim", "closed")],
  ),
  httpCase(
    "the client resets before the response",
    (talk) =>
      talk
        .connect()
        .ask(get("/rst"))
        .act("s", "set a")
        .act("c", "await a")
        .act("c", "reset")
        .act("s", "readend")
        .act("s", "close"),
    [],
    { client: [unanswered("GET", "/rst", "cancelled")], server: [unanswered("GET", "/rst", "reset")] },
  ),
  httpCase(
    "the client resets before the server reads the request",
    (talk) =>
      talk
        .connect()
        .act("s", "set b") // Once it is accepted, and its addresses are told.
        .send("c", "write", get("/rst/unread"))
        .act("c", "await b")
        .act("c", "reset")
        .act("c", "set a")
        .act("s", "await a")
        .receive("s")
        .act("s", "readend")
        .act("s", "close"),
    [],
    {
      client: [unanswered("GET", "/rst/unread", "cancelled")],
      server: [unanswered("GET", "/rst/unread", "reset")],
    },
  ),
  httpCase(
    "the server resets before the response",
    (talk) =>
      talk
        .connect()
        .ask(get("/rst"))
        .act("c", "set sent") // The client's hook runs when its send returns: a reset may come before.
        .act("s", "await sent")
        .act("s", "reset")
        .act("c", "readend")
        .act("c", "close"),
    [],
    { client: [unanswered("GET", "/rst", "reset")], server: [unanswered("GET", "/rst", "closed")] },
  ),
  httpCase(
    "the server resets in the middle of a body",
    (talk) =>
      talk
        .connect()
        .ask(get("/rst/body"))
        .answer(`${head("200 OK", "Content-Length: 1000")}0123456789`)
        .act("c", "set a")
        .act("s", "await a")
        .act("s", "reset")
        .act("c", "readend")
        .act("c", "close"),
    [],
    {
      client: [seen("GET", "/rst/body", 200, { responseBody: 10, failure: "reset" })],
      server: [seen("GET", "/rst/body", 200, { responseBody: 10, failure: "closed" })],
    },
  ),
  httpCase(
    "the client resets after the response",
    (talk) =>
      talk
        .connect()
        .ask(get("/rst/after"))
        .answer(ok("all of it"))
        .act("s", "set sent") // The server's hook runs when its send returns: a reset may come before.
        .act("c", "await sent")
        .act("c", "reset")
        .act("s", "readend")
        .act("s", "close"),
    [seen("GET", "/rst/after", 200, { responseBody: 9 })],
  ),
  httpCase(
    "the server closes an idle connection: no further request",
    (talk) => talk.connect().ask(get("/idle")).answer(ok("idle")).act("s", "sleep 20").closeByServer(),
    [seen("GET", "/idle", 200, { responseBody: 4 })],
  ),
  httpCase("a connection without a byte", (talk) => talk.connect().close(), []),
];

const halves: readonly Case[] = [
  httpCase(
    "the client shuts its half down after the request",
    (talk) =>
      talk
        .connect()
        .ask(get("/half-closed"))
        .act("c", "shutdown")
        .act("s", "readend")
        .answer(ok("still answered"))
        .closeByServer(),
    [seen("GET", "/half-closed", 200, { responseBody: 14 })],
  ),
  httpCase(
    "the server ends a body by shutting its half down",
    (talk) =>
      talk
        .connect()
        .ask(get("/until-fin"))
        .answer([head("200 OK"), repeat("h", 5000)])
        .act("s", "shutdown")
        .act("c", "readend")
        .act("c", "close")
        .act("s", "readend")
        .act("s", "close"),
    [seen("GET", "/until-fin", 200, { responseBody: 5000 })],
  ),
];

const successive: readonly Case[] = [
  httpCase(
    "five connections after one another between the same processes",
    (talk) => {
      for (let i = 0; i < 5; i++)
        talk
          .connect()
          .ask(get(`/conn/${i}`))
          .answer(ok("x"))
          .close();
      return talk;
    },
    Array.from({ length: 5 }, (_, i) => seen("GET", `/conn/${i}`, 200, { responseBody: 1 })),
  ),
  httpCase(
    "HTTP on a connection whose predecessor carried something else",
    (talk) =>
      talk
        .connect()
        .ask("\x00\x01\x02\x03 nothing like HTTP")
        .answer("\xff\xfe\xfd")
        .close()
        .connect()
        .ask(get("/next"))
        .answer(ok("next"))
        .close(),
    [NEXT],
  ),
];

/** Cases about how connections end. */
export const lifetimeCases: readonly Case[] = [...early, ...halves, ...successive];
