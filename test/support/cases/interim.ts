import { ask, type Case, get, head, httpCase, ok, reply, seen, simple } from "./case.ts";

const interim: readonly Case[] = [
  httpCase(
    "100 Continue, with the body sent only then",
    (talk) =>
      talk
        .connect()
        .ask(ask("POST", "/expect", "Expect: 100-continue", "Content-Length: 12"))
        .answer(head("100 Continue"))
        .ask("twelve bytes")
        .answer(reply("201 Created", "made"))
        .close(),
    [seen("POST", "/expect", 201, { requestBody: 12, responseBody: 4 })],
  ),
  httpCase(
    "100 Continue refused with 417",
    simple(
      ask("POST", "/refuse", "Expect: 100-continue", "Content-Length: 12"),
      reply("417 Expectation Failed", "no"),
    ),
    [seen("POST", "/refuse", 417, { responseBody: 2 })],
  ),
  httpCase(
    "103 Early Hints, then the response",
    (talk) =>
      talk
        .connect()
        .ask(get("/hints"))
        .answer(head("103 Early Hints", "Link: </a.css>; rel=preload"))
        .act("s", "sleep 5")
        .answer(ok("page"))
        .close(),
    [seen("GET", "/hints", 200, { responseBody: 4 })],
  ),
  httpCase(
    "several interim responses and the final one in one send",
    simple(
      get("/many"),
      head("100 Continue") + head("102 Processing") + head("103 Early Hints", "Link: <b>") + ok("end"),
    ),
    [seen("GET", "/many", 200, { responseBody: 3 })],
  ),
  httpCase(
    "an interim response split in the middle of its head, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(get("/split"))
        .answer("HTTP/1.1 103 Ear")
        .answer("ly Hints\r\nLink: <c>\r\n\r")
        .answer(`\n${ok("whole")}`)
        .ask(get("/more"))
        .answer(ok("more"))
        .close(),
    [seen("GET", "/split", 200, { responseBody: 5 }), seen("GET", "/more", 200, { responseBody: 4 })],
  ),
];

const upgrades: readonly Case[] = [
  httpCase(
    "101 and binary frames after it",
    (talk) =>
      talk
        .connect()
        .ask(get("/ws", "Connection: Upgrade", "Upgrade: websocket"))
        .answer(head("101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"))
        .ask("\x81\x85\x01\x02\x03\x04\x69\x67\x6f\x68\x6e")
        .answer("\x81\x05hello")
        .close(),
    [seen("GET", "/ws", 101)],
  ),
  httpCase(
    "101 and data after it that looks like HTTP",
    (talk) =>
      talk
        .connect()
        .ask(get("/ws2", "Connection: Upgrade", "Upgrade: raw"))
        .answer(head("101 Switching Protocols", "Upgrade: raw"))
        .ask(get("/inside"))
        .answer(ok("inside"))
        .ask(get("/inside/2"))
        .answer(ok("inside"))
        .close(),
    [seen("GET", "/ws2", 101)],
  ),
  httpCase(
    "an upgrade that the server declines",
    (talk) =>
      talk
        .connect()
        .ask(get("/decline", "Connection: Upgrade", "Upgrade: h2c"))
        .answer(ok("plain"))
        .ask(get("/still-http"))
        .answer(ok("yes"))
        .close(),
    [seen("GET", "/decline", 200, { responseBody: 5 }), seen("GET", "/still-http", 200, { responseBody: 3 })],
  ),
  httpCase(
    "CONNECT and a tunnel that carries HTTP",
    (talk) =>
      talk
        .connect()
        .ask("CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n")
        .answer(head("200 Connection Established"))
        .ask(get("/tunnelled"))
        .answer(ok("secret"))
        .close(),
    [seen("CONNECT", "shop.test:443", 200)],
  ),
  httpCase(
    "CONNECT refused, then accepted",
    (talk) =>
      talk
        .connect()
        .ask("CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n")
        .answer(reply("407 Proxy Authentication Required", "who?"))
        .ask(
          "CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\nProxy-Authorization: Basic eA==\r\n\r\n",
        )
        .answer(head("200 OK"))
        .ask("\x16\x03\x01\x00\x05hello")
        .close(),
    [seen("CONNECT", "shop.test:443", 407, { responseBody: 4 }), seen("CONNECT", "shop.test:443", 200)],
  ),
];

/** Cases about 1xx responses, Upgrade and CONNECT. */
export const interimCases: readonly Case[] = [...interim, ...upgrades];
