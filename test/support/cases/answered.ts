// Messages on a connection that had requests before: plain ones are read in a shorter way, and all others must not be.
import type { Conversation } from "../conversation.ts";
import { ask, type Case, chunks, get, head, httpCase, ok, post, reply, seen } from "./case.ts";

const FIRST = seen("GET", "/first", 200, { responseBody: 5 });
const LAST = seen("GET", "/last", 200, { responseBody: 4 });

/** What `middle` says comes between two plain requests, which both must be seen as they are. */
function between(
  name: string,
  middle: (talk: Conversation) => Conversation,
  expected: Parameters<typeof httpCase>[2],
): Case {
  return httpCase(
    `between two plain requests, ${name}`,
    (talk) =>
      middle(talk.connect().ask(get("/first")).answer(ok("first")))
        .ask(get("/last"))
        .answer(ok("last"))
        .close(),
    [FIRST, ...expected, LAST],
  );
}

const requests: readonly Case[] = [
  between(
    "one whose first byte is read by itself, as Go does",
    (talk) => talk.send("c", "write", get("/go")).receive("s", "read", 1).receive("s").answer(ok("go")),
    [seen("GET", "/go", 200, { responseBody: 2 })],
  ),
  between(
    "one whose first bytes are read late and by threes",
    (talk) =>
      talk
        .send("c", "write", get("/late"))
        .act("s", "sleep 20")
        .receive("s", "read", 3)
        .act("s", "sleep 20")
        .receive("s")
        .answer(ok("late")),
    [seen("GET", "/late", 200, { responseBody: 4 })],
  ),
  between(
    "an empty line that is read by itself before a request",
    (talk) =>
      talk
        .send("c", "write", `\r\n${get("/line")}`)
        .receive("s", "read", 1)
        .receive("s")
        .answer(ok("line")),
    [seen("GET", "/line", 200, { responseBody: 4 })],
  ),
  between(
    "two with their bodies in the same call",
    (talk) => talk.ask(post("/whole", "body")).answer(ok("")).ask(post("/other", "bo")).answer(ok("")),
    [seen("POST", "/whole", 200, { requestBody: 4 }), seen("POST", "/other", 200, { requestBody: 2 })],
  ),
  between(
    "one whose body comes in later calls",
    (talk) =>
      talk
        .ask(ask("POST", "/later", "Content-Length: 6"))
        .ask("abc")
        .ask("def")
        .answer(ok("thanks")),
    [seen("POST", "/later", 200, { requestBody: 6, responseBody: 6 })],
  ),
  between(
    "one in chunks, and one of an unknown method",
    (talk) =>
      talk
        .ask(ask("POST", "/chunks", "Transfer-Encoding: chunked") + chunks("abc", "d"))
        .answer(ok(""))
        .ask(ask("BREW", "/pot"))
        .answer(ok("")),
    [seen("POST", "/chunks", 200, { requestBody: 4 }), seen("BREW", "/pot")],
  ),
  between(
    "two in one call",
    (talk) =>
      talk
        .ask(get("/one") + get("/two"))
        .answer(ok("1"))
        .answer(ok("22")),
    [seen("GET", "/one", 200, { responseBody: 1 }), seen("GET", "/two", 200, { responseBody: 2 })],
  ),
];

const responses: readonly Case[] = [
  between(
    "answers that have no body whatever their fields say",
    (talk) =>
      talk
        .ask(ask("HEAD", "/head"))
        .answer(head("200 OK", "Content-Length: 500"))
        .ask(get("/same"))
        .answer(head("304 Not Modified", "Content-Length: 500"))
        .ask(ask("DELETE", "/gone"))
        .answer(head("204 No Content")),
    [seen("HEAD", "/head"), seen("GET", "/same", 304), seen("DELETE", "/gone", 204)],
  ),
  between(
    "an answer whose body comes in later calls",
    (talk) =>
      talk
        .ask(get("/slow"))
        .answer(head("200 OK", "Content-Length: 8"))
        .act("s", "sleep 20")
        .answer("slow")
        .answer("body"),
    [seen("GET", "/slow", 200, { responseBody: 8 })],
  ),
  between(
    "an answer in chunks",
    (talk) =>
      talk.ask(get("/chunks")).answer(head("200 OK", "Transfer-Encoding: chunked") + chunks("ab", "cde")),
    [seen("GET", "/chunks", 200, { responseBody: 5 })],
  ),
  between(
    "an interim answer",
    (talk) =>
      talk
        .ask(ask("POST", "/ask", "Expect: 100-continue", "Content-Length: 2"))
        .answer(head("100 Continue"))
        .ask("ok")
        .answer(reply("201 Created", "made")),
    [seen("POST", "/ask", 201, { requestBody: 2, responseBody: 4 })],
  ),
];

/** Cases about requests behind the first of a connection. */
export const answeredCases: readonly Case[] = [...requests, ...responses];
