// The same exchange through every system call that moves bytes, in every cut.
import { repeat } from "../conversation.ts";
import { type Case, chunks, get, head, httpCase, ok, post, type SimpleCalls, seen, simple } from "./case.ts";

const REQUEST = post("/calls", "0123456789abcdef", "User-Agent: talk", "Accept: */*");
const RESPONSE = ok("a response body of 35 bytes, really", "Content-Type: text/plain", "Server: talk");
const EXPECTED = [seen("POST", "/calls", 200, { requestBody: 16, responseBody: 35 })];
const MEBIBYTE = 1_048_576;

const WAYS: readonly SimpleCalls[] = [
  { ask: "send", receive: "recv", answer: "send", take: "recv" },
  { ask: "sendto", receive: "recvfrom", answer: "sendto", take: "recvfrom" },
  { ask: "sendmsg", receive: "recvmsg:4096", answer: "sendmsg", take: "recvmsg:4096" },
  { ask: "sendmmsg", receive: "recvmmsg:4096", answer: "sendmmsg", take: "recvmmsg:4096" },
  { ask: "writev", receive: "readv:4096", answer: "writev", take: "readv:4096" },
  { ask: "write", receive: "recvwaitall", answer: "write", take: "recvwaitall" },
  { ask: "senddontwait", receive: "recvdontwait", answer: "senddontwait", take: "recvdontwait" },
  { ask: "write:1", receive: "read:1", answer: "write:1", take: "read:1" },
  { ask: "write:1", receive: "read", answer: "write:1", take: "read" },
  { ask: "write", receive: "read:1", answer: "write", take: "read:1" },
  { ask: "send:3", receive: "recv:5", answer: "send:7", take: "recv:11" },
  { ask: "write", receive: "readv:1,2,3,5,8,13", answer: "write", take: "readv:1,2,3,5,8,13" },
  { ask: "write", receive: "recvmsg:2,2,2,2", answer: "write", take: "recvmsg:2,2,2,2" },
  { ask: "write", receive: "recvmmsg:16,16", answer: "write", take: "recvmmsg:16,16" },
  { ask: "sendmore:20", receive: "read", answer: "sendmore:20", take: "read" },
];

const ways: readonly Case[] = WAYS.map((by) =>
  httpCase(
    `client ${by.ask} and ${by.take}, server ${by.receive} and ${by.answer}`,
    simple(REQUEST, RESPONSE, by),
    EXPECTED,
  ),
);

const vectors: readonly Case[] = [
  httpCase(
    "a head split across iovecs by writev and sendmsg",
    (talk) =>
      talk
        .connect()
        .send(
          "c",
          "writev",
          "PO",
          "ST /vec HT",
          "TP/1.1\r\nHost: shop.test\r\nContent-",
          "Length: 4\r\n",
          "\r\n",
          "body",
        )
        .receive("s", "readv:10,10,400")
        .send("s", "sendmsg", "H", "TTP/1.1 2", "01 Created\r\nContent-Le", "ngth: 3\r\n\r", "\nabc")
        .receive("c", "recvmsg:9,1,1,400")
        .close(),
    [seen("POST", "/vec", 201, { requestBody: 4, responseBody: 3 })],
  ),
  httpCase(
    "empty iovecs before and between the bytes",
    (talk) =>
      talk
        .connect()
        .send("c", "writev", "", "GET /gaps", "", " HTTP/1.1\r\nHost: x\r\n\r\n")
        .receive("s")
        .send("s", "sendmsg", "", "", ok("gap"), "")
        .receive("c")
        .close(),
    [seen("GET", "/gaps", 200, { responseBody: 3 })],
  ),
  httpCase(
    "head and body as two messages of one sendmmsg",
    (talk) =>
      talk
        .connect()
        .send("c", "sendmmsg", "POST /mm HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n", "sixsix")
        .receive("s", "recvmmsg:30,4096")
        .send("s", "sendmmsg", head("200 OK", "Content-Length: 5"), "12345")
        .receive("c", "recvmmsg:30,4096")
        .close(),
    [seen("POST", "/mm", 200, { requestBody: 6, responseBody: 5 })],
  ),
  httpCase(
    "two pipelined requests as two messages of one sendmmsg",
    (talk) =>
      talk
        .connect()
        .send("c", "sendmmsg", get("/mm/1"), get("/mm/2"))
        .receive("s", "recvmmsg:4096,4096")
        .send("s", "sendmmsg", ok("1"), ok("22"))
        .receive("c", "recvmmsg:4096,4096")
        .close(),
    [seen("GET", "/mm/1", 200, { responseBody: 1 }), seen("GET", "/mm/2", 200, { responseBody: 2 })],
  ),
  httpCase(
    "a head, its body in pieces, and the next head as messages of one sendmmsg",
    (talk) =>
      talk
        .connect()
        .send(
          "c",
          "sendmmsg",
          "POST /mm/1 HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
          "def",
          "ghi",
          get("/mm/2"),
        )
        .receive("s", "recvmmsg:4096,4096")
        .send("s", "sendmmsg", head("200 OK", "Content-Length: 6"), "abc", "def", ok("22"))
        .receive("c", "recvmmsg:4096,4096")
        .close(),
    [
      seen("POST", "/mm/1", 200, { requestBody: 9, responseBody: 6 }),
      seen("GET", "/mm/2", 200, { responseBody: 2 }),
    ],
  ),
  httpCase(
    "a look with MSG_PEEK before each read",
    (talk) =>
      talk
        .connect()
        .send("c", "write", get("/peek"))
        .peek("s")
        .peek("s")
        .receive("s")
        .send("s", "write", ok("peeked"))
        .peek("c")
        .receive("c")
        .close(),
    [seen("GET", "/peek", 200, { responseBody: 6 })],
  ),
  httpCase(
    "non-blocking reads that find nothing at first",
    (talk) =>
      talk
        .connect()
        .act("c", "sleep 20")
        .send("c", "write", get("/again"))
        .receive("s", "recvdontwait")
        .act("s", "sleep 20")
        .send("s", "write", ok("again"))
        .receive("c", "recvdontwait")
        .close(),
    [seen("GET", "/again", 200, { responseBody: 5 })],
  ),
];

const bodies: readonly Case[] = [
  httpCase(
    "a head by write and a body by sendfile, then another request",
    (talk) =>
      talk
        .connect()
        .ask(get("/file"))
        .answer(head("200 OK", "Content-Length: 100000"))
        .answer(repeat("f", 100_000), "sendfile", "read")
        .ask(get("/file/2"))
        .answer(ok("2"))
        .close(),
    [seen("GET", "/file", 200, { responseBody: 100_000 }), seen("GET", "/file/2", 200, { responseBody: 1 })],
  ),
  httpCase(
    "a head by MSG_MORE and a body by sendfile",
    (talk) =>
      talk
        .connect()
        .ask(get("/corked"))
        .send("s", "sendmore", head("200 OK", "Content-Length: 5000"))
        .send("s", "sendfile", repeat("m", 5000))
        .receive("c")
        .close(),
    [seen("GET", "/corked", 200, { responseBody: 5000 })],
  ),
  httpCase(
    "a request's body and a response's body by splice",
    (talk) =>
      talk
        .connect()
        .ask("POST /splice HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n")
        .ask(repeat("p", 9000), "splice", "read")
        .answer(head("200 OK", "Content-Length: 20000"))
        .answer(repeat("q", 20_000), "splice", "read")
        .close(),
    [seen("POST", "/splice", 200, { requestBody: 9000, responseBody: 20_000 })],
  ),
  httpCase(
    "an upload of 1 MiB",
    simple(
      [`POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: ${MEBIBYTE}\r\n\r\n`, repeat("u", MEBIBYTE)],
      ok("up"),
    ),
    [seen("POST", "/up", 200, { requestBody: MEBIBYTE, responseBody: 2 })],
  ),
  httpCase(
    "a download of 1 MiB, then a GET",
    (talk) =>
      talk
        .connect()
        .ask(get("/down"))
        .answer([head("200 OK", `Content-Length: ${MEBIBYTE}`), repeat("d", MEBIBYTE)])
        .ask(get("/down/after"))
        .answer(ok("ok"))
        .close(),
    [
      seen("GET", "/down", 200, { responseBody: MEBIBYTE }),
      seen("GET", "/down/after", 200, { responseBody: 2 }),
    ],
  ),
  httpCase(
    "a download of 1 MiB by non-blocking sends that are refused and cut",
    (talk) =>
      talk
        .connect()
        .ask(get("/cut"))
        .answer(
          [head("200 OK", `Content-Length: ${MEBIBYTE}`), repeat("d", MEBIBYTE)],
          "senddontwait",
          "read:4096",
        )
        .close(),
    [seen("GET", "/cut", 200, { responseBody: MEBIBYTE })],
  ),
  httpCase(
    "a chunked download of 1 MiB in chunks of 4 KiB, 64 KiB a send",
    (talk) => {
      talk.connect().ask(get("/chunks")).answer(head("200 OK", "Transfer-Encoding: chunked"));
      const sixteen = chunks(...Array.from({ length: 16 }, () => "c".repeat(4096))).slice(
        0,
        -"0\r\n\r\n".length,
      );
      for (let i = 0; i < 16; i++) talk.answer(sixteen);
      return talk.answer("0\r\n\r\n").ask(get("/chunks/after")).answer(ok("ok")).close();
    },
    [
      seen("GET", "/chunks", 200, { responseBody: MEBIBYTE }),
      seen("GET", "/chunks/after", 200, { responseBody: 2 }),
    ],
  ),
  ...[100, 1000].map((count) =>
    httpCase(
      `${count} chunks in one send, both ways, then a GET`,
      (talk) => {
        const many = chunks(...Array<string>(count).fill("ten bytes!"));
        return talk
          .connect()
          .ask(`POST /many HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${many}`)
          .answer(head("200 OK", "Transfer-Encoding: chunked") + many)
          .ask(get("/many/after"))
          .answer(ok("ok"))
          .close();
      },
      [
        seen("POST", "/many", 200, { requestBody: count * 10, responseBody: count * 10 }),
        seen("GET", "/many/after", 200, { responseBody: 2 }),
      ],
    ),
  ),
];

/** Cases about system calls. */
export const callCases: readonly Case[] = [...ways, ...vectors, ...bodies];
