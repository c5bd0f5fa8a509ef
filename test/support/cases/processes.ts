// Who holds the socket: forked children, threads, processes it was passed to; and which family it has.
import { type Case, get, head, httpCase, ok, post, seen, simple } from "./case.ts";

const families: readonly Case[] = (["6", "mapped", "dual"] as const).map((family) =>
  httpCase(
    { 6: "IPv6", mapped: "IPv4 between two IPv6 sockets", dual: "an IPv4 client and an IPv6 server" }[family],
    (talk) => simple(post("/family", family), ok("ok"))(talk.family(family)),
    [seen("POST", "/family", 200, { requestBody: family.length, responseBody: 2 })],
  ),
);

const forks: readonly Case[] = [
  httpCase(
    "a forked child serves, its parent closes its copy",
    (talk) =>
      talk
        .connect()
        .fork("s", "h")
        .act("s", "close")
        .ask(get("/child"), "write", "read", "h")
        .answer(ok("child"), "write", "read", "h")
        .ask(get("/child/2"), "write", "read", "h")
        .answer(ok("again"), "write", "read", "h")
        .close("c", "h"),
    [seen("GET", "/child", 200, { responseBody: 5 }), seen("GET", "/child/2", 200, { responseBody: 5 })],
  ),
  httpCase(
    "a forked child answers one request, its parent the next",
    (talk) =>
      talk
        .connect()
        .fork("s", "h")
        .ask(get("/child"), "write", "read", "h")
        .answer(ok("child"), "write", "read", "h")
        .act("h", "close")
        .act("h", "set a")
        .act("s", "await a")
        .ask(get("/parent"))
        .answer(ok("parent"))
        .close(),
    [seen("GET", "/child", 200, { responseBody: 5 }), seen("GET", "/parent", 200, { responseBody: 6 })],
  ),
  httpCase(
    "a parent reads the request, its child answers",
    (talk) =>
      talk
        .connect()
        .ask(get("/split"))
        .fork("s", "h")
        .answer(ok("by the child"), "write", "read", "h")
        .act("h", "close")
        .close(),
    [seen("GET", "/split", 200, { responseBody: 12 })],
  ),
];

const threads: readonly Case[] = [
  httpCase(
    "another thread serves",
    (talk) =>
      talk
        .connect()
        .thread("s", "t")
        .ask(get("/thread"), "write", "read", "t")
        .answer(ok("thread"), "write", "read", "t")
        .act("t", "set a")
        .act("s", "await a")
        .close(),
    [seen("GET", "/thread", 200, { responseBody: 6 })],
  ),
  httpCase(
    "one thread reads requests, another answers them",
    (talk) =>
      talk
        .connect()
        .thread("s", "t")
        .ask(get("/r/1"))
        .act("s", "set a")
        .act("t", "await a")
        .answer(ok("1"), "write", "read", "t")
        .ask(get("/r/2"))
        .act("s", "set b")
        .act("t", "await b")
        .answer(ok("22"), "write", "read", "t")
        .close(),
    [seen("GET", "/r/1", 200, { responseBody: 1 }), seen("GET", "/r/2", 200, { responseBody: 2 })],
  ),
  httpCase(
    "the client sends in one thread and receives in another",
    (talk) =>
      talk
        .connect()
        .thread("c", "u")
        .send("c", "write", get("/two-threads"))
        .receive("s")
        .send("s", "write", ok("both"))
        .receive("u")
        .act("u", "set a")
        .act("c", "await a")
        .close(),
    [seen("GET", "/two-threads", 200, { responseBody: 4 })],
  ),
  httpCase(
    "three connections interleaved, each served by a thread of its own",
    (talk) => {
      const clients = ["c", "d", "e"];
      talk.process("d").process("e");
      clients.forEach((client, i) => {
        if (i > 0) talk.act(client, `await ${clients[i - 1]}`);
        talk.connect(client, "s").act("s", `set ${client}`).thread("s", `t${i}`);
      });
      for (const client of clients) talk.send(client, "write", get(`/by/${client}`));
      clients.forEach((_, i) => {
        talk.receive(`t${i}`);
      });
      [2, 0, 1].forEach((i) => {
        talk.send(`t${i}`, "write", ok("r".repeat(i + 1)));
      });
      clients.forEach((client, i) => {
        talk.receive(client).act(client, "close").act(`t${i}`, "readend").act(`t${i}`, "close");
      });
      return talk;
    },
    ["c", "d", "e"].map((client, i) => seen("GET", `/by/${client}`, 200, { responseBody: i + 1 })),
  ),
];

const passed: readonly Case[] = [
  httpCase(
    "a socket passed to another process before its first request",
    (talk) =>
      talk
        .process("h")
        .connect()
        .pass("s", "h")
        .ask(get("/passed"), "write", "read", "h")
        .answer(ok("passed"), "write", "read", "h")
        .close("c", "h"),
    [seen("GET", "/passed", 200, { responseBody: 6 })],
  ),
  httpCase(
    "a socket passed on between two requests",
    (talk) =>
      talk
        .process("h")
        .connect()
        .ask(get("/mine"))
        .answer(ok("mine"))
        .pass("s", "h")
        .ask(get("/yours"), "write", "read", "h")
        .answer(ok("yours"), "write", "read", "h")
        .close("c", "h"),
    [seen("GET", "/mine", 200, { responseBody: 4 }), seen("GET", "/yours", 200, { responseBody: 5 })],
  ),
  httpCase(
    "a socket passed on in the middle of a response",
    (talk) =>
      talk
        .process("h")
        .connect()
        .ask(get("/middle"))
        .answer(`${head("200 OK", "Content-Length: 10")}01234`)
        .pass("s", "h")
        .answer("56789", "write", "read", "h")
        .ask(get("/end"), "write", "read", "h")
        .answer(ok("end"), "write", "read", "h")
        .close("c", "h"),
    [seen("GET", "/middle", 200, { responseBody: 10 }), seen("GET", "/end", 200, { responseBody: 3 })],
  ),
];

/** Cases about processes, threads and address families. */
export const processCases: readonly Case[] = [...families, ...forks, ...threads, ...passed];
