// Several requests in flight on one connection.
import { ask, type Case, chunks, get, head, httpCase, ok, post, seen, unanswered } from "./case.ts";

function gets(count: number): string[] {
  return Array.from({ length: count }, (_, i) => get(`/p/${i}`));
}

function oks(count: number): string[] {
  return Array.from({ length: count }, (_, i) => ok("r".repeat(i + 1)));
}

function pairs(count: number) {
  return Array.from({ length: count }, (_, i) => seen("GET", `/p/${i}`, 200, { responseBody: i + 1 }));
}

const depths: readonly Case[] = [2, 3, 5, 10].map((depth) =>
  httpCase(
    `${depth} requests in one send, ${depth} responses in one send`,
    (talk) => talk.connect().ask(gets(depth).join("")).answer(oks(depth).join("")).close(),
    pairs(depth),
  ),
);

/** Cases about pipelining. */
export const pipeliningCases: readonly Case[] = [
  ...depths,
  httpCase(
    "3 requests in one send, each response a send and a read",
    (talk) => {
      talk.connect().ask(gets(3).join(""));
      for (const response of oks(3)) talk.answer(response);
      return talk.close();
    },
    pairs(3),
  ),
  httpCase(
    "3 requests in three sends before any response, responses in one send",
    (talk) => {
      talk.connect();
      for (const request of gets(3)) talk.ask(request);
      return talk.answer(oks(3).join("")).close();
    },
    pairs(3),
  ),
  httpCase(
    "a request and half of the next, then the rest",
    (talk) => {
      const [first = "", second = ""] = gets(2);
      return talk
        .connect()
        .ask(first + second.slice(0, 20))
        .answer(oks(2)[0]!)
        .ask(second.slice(20))
        .answer(oks(2)[1]!)
        .close();
    },
    pairs(2),
  ),
  httpCase(
    "a request and the first two bytes of the next",
    (talk) => {
      const [first = "", second = ""] = gets(2);
      return talk
        .connect()
        .ask(first + second.slice(0, 2))
        .answer(oks(2)[0]!)
        .ask(second.slice(2))
        .answer(oks(2)[1]!)
        .close();
    },
    pairs(2),
  ),
  httpCase(
    "4 requests sent and read byte by byte, responses byte by byte",
    (talk) =>
      talk
        .connect()
        .ask(gets(4).join(""), "write:1", "read:1")
        .answer(oks(4).join(""), "write:1", "read:1")
        .close(),
    pairs(4),
  ),
  httpCase(
    "responses cut across sends: one and a half, then the rest",
    (talk) => {
      const all = oks(3).join("");
      const cut = oks(1).join("").length + 25;
      return talk.connect().ask(gets(3).join("")).answer(all.slice(0, cut)).answer(all.slice(cut)).close();
    },
    pairs(3),
  ),
  httpCase(
    "HEAD, GET and HEAD pipelined: lengths of HEAD responses are not bodies",
    (talk) =>
      talk
        .connect()
        .ask(ask("HEAD", "/h1") + get("/g") + ask("HEAD", "/h2"))
        .answer(head("200 OK", "Content-Length: 70") + ok("body") + head("200 OK", "Content-Length: 80"))
        .close(),
    [seen("HEAD", "/h1"), seen("GET", "/g", 200, { responseBody: 4 }), seen("HEAD", "/h2")],
  ),
  httpCase(
    "POSTs with bodies pipelined, 204 and chunked responses coalesced",
    (talk) =>
      talk
        .connect()
        .ask(post("/one", "1") + post("/two", "22") + post("/three", "333"))
        .answer(
          head("204 No Content") +
            head("200 OK", "Transfer-Encoding: chunked") +
            chunks("aa", "bb") +
            ok("ccc"),
        )
        .close(),
    [
      seen("POST", "/one", 204, { requestBody: 1 }),
      seen("POST", "/two", 200, { requestBody: 2, responseBody: 4 }),
      seen("POST", "/three", 200, { requestBody: 3, responseBody: 3 }),
    ],
  ),
  httpCase(
    "a chunked request with a GET behind it in the same send",
    (talk) =>
      talk
        .connect()
        .ask(ask("POST", "/ch", "Transfer-Encoding: chunked") + chunks("12345") + get("/behind"))
        .answer(ok("x") + ok("yy"))
        .close(),
    [
      seen("POST", "/ch", 200, { requestBody: 5, responseBody: 1 }),
      seen("GET", "/behind", 200, { responseBody: 2 }),
    ],
  ),
  httpCase(
    "a second request while the first response's body is under way",
    (talk) =>
      talk
        .connect()
        .ask(get("/p/0"))
        .answer(head("200 OK", "Content-Length: 10"))
        .answer("01234")
        .ask(get("/p/1"))
        .answer("56789")
        .answer(ok("second"))
        .close(),
    [seen("GET", "/p/0", 200, { responseBody: 10 }), seen("GET", "/p/1", 200, { responseBody: 6 })],
  ),
  httpCase(
    "an interim response between pipelined responses",
    (talk) =>
      talk
        .connect()
        .ask(gets(2).join(""))
        .answer(oks(1)[0]! + head("103 Early Hints", "Link: <x>") + oks(2)[1]!)
        .close(),
    pairs(2),
  ),
  httpCase(
    "3 requests in flight, one answered before the server closes",
    (talk) => talk.connect().ask(gets(3).join("")).answer(ok("r", "Connection: close")).closeByServer(),
    [
      seen("GET", "/p/0", 200, { responseBody: 1 }),
      unanswered("GET", "/p/1", "closed"),
      unanswered("GET", "/p/2", "closed"),
    ],
  ),
];
