// Requests out of the ordinary, byte by byte as written here, and the attributes that tell them.
import { beforeAll, expect, test } from "vitest";
import { Agent } from "../support/agent.ts";
import { get, ok } from "../support/cases/case.ts";
import { Conversation } from "../support/conversation.ts";
import { KIND } from "../support/http-expectations.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { playTalk, type TalkReport } from "../support/talk.ts";
import { type Plain, type PlainSpan, spansOf } from "../support/telemetry.ts";

interface Expected {
  readonly name: string;
  readonly talk: Conversation;
  /** Attributes that must be there; those that are undefined must not. */
  readonly client: Plain;
  readonly server: Plain;
  readonly clientSpan?: object;
  readonly serverSpan?: object;
}

const UNSET = { status: { code: 0, message: "" } };
const FAILED = { status: { code: 2, message: "" } };

function simple(request: string, response: string = ok("")): Conversation {
  return new Conversation().connect().ask(request).answer(response).close();
}

const NO_ANSWER = { "http.response.status_code": undefined, "http.response.body.size": undefined };

const TABLE: readonly Expected[] = [
  {
    name: "a method that is not known",
    talk: simple("PROPFIND /dav HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    client: { "http.request.method": "_OTHER", "http.request.method_original": "PROPFIND" },
    server: { "http.request.method": "_OTHER", "http.request.method_original": "PROPFIND" },
    clientSpan: { name: "HTTP" },
    serverSpan: { name: "HTTP /dav" },
  },
  {
    name: "a Host without a port",
    talk: simple(get("/host?a=1")),
    client: { "server.address": "shop.test", "server.port": 80, "url.full": "http://shop.test/host?a=1" },
    server: { "server.address": "shop.test", "server.port": 80, "url.path": "/host", "url.query": "a=1" },
  },
  {
    name: "a server that closes without an answer",
    talk: new Conversation().connect().ask(get("/closed")).closeByServer(),
    client: { "error.type": "connection_closed", ...NO_ANSWER },
    server: { "error.type": "connection_closed", ...NO_ANSWER },
    clientSpan: FAILED,
    serverSpan: FAILED,
  },
  {
    name: "a server that resets the connection",
    talk: new Conversation()
      .connect()
      .ask(get("/reset"))
      .act("s", "reset")
      .act("c", "readend")
      .act("c", "close"),
    client: { "error.type": "connection_reset", ...NO_ANSWER },
    server: { "error.type": "connection_closed", ...NO_ANSWER },
    clientSpan: FAILED,
    serverSpan: FAILED,
  },
  {
    name: "a client that does not wait",
    talk: new Conversation().connect().ask(get("/cancelled")).close(),
    client: { "error.type": undefined, ...NO_ANSWER },
    server: { "error.type": "connection_closed", ...NO_ANSWER },
    clientSpan: UNSET,
  },
  {
    name: "IPv6",
    talk: new Conversation().family("6").connect().ask(get("/six")).answer(ok("")).close(),
    client: { "network.peer.address": "::1" },
    server: { "network.peer.address": "::1", "client.address": "::1" },
  },
  {
    name: "IPv4 between IPv6 sockets",
    talk: new Conversation().family("mapped").connect().ask(get("/mapped")).answer(ok("")).close(),
    client: { "network.peer.address": "127.0.0.1" },
    server: { "network.peer.address": "127.0.0.1", "client.address": "127.0.0.1" },
  },
  {
    name: "HTTP/1.0 without a Host",
    talk: new Conversation()
      .connect()
      .ask("GET /ten HTTP/1.0\r\n\r\n")
      .answer("HTTP/1.0 200 OK\r\n\r\nbody")
      .closeByServer(),
    client: {
      "network.protocol.version": "1.0",
      "server.address": "127.0.0.1",
      "http.response.body.size": 4,
    },
    server: {
      "network.protocol.version": "1.0",
      "server.address": "127.0.0.1",
      "http.response.body.size": 4,
    },
  },
  {
    name: "a secret in the query",
    talk: simple(get("/signed?a=1&sig=c2VjcmV0&X-Amz-Signature=abc&b=2")),
    client: { "url.full": "http://shop.test/signed?a=1&sig=REDACTED&X-Amz-Signature=REDACTED&b=2" },
    server: { "url.query": "a=1&sig=REDACTED&X-Amz-Signature=REDACTED&b=2" },
  },
  {
    name: "credentials in an absolute target",
    talk: simple("GET http://user:pass@shop.test/proxied HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    client: { "url.full": "http://REDACTED:REDACTED@shop.test/proxied" },
    server: { "url.path": "/proxied", "server.address": "shop.test" },
  },
  {
    name: "what a proxy says of the original request",
    talk: simple(
      get(
        "/forwarded",
        "X-Forwarded-For: 203.0.113.7, 10.0.0.1",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: public.test",
      ),
    ),
    client: { "server.address": "shop.test" },
    server: {
      "client.address": "203.0.113.7",
      "url.scheme": "https",
      "server.address": "public.test",
      "server.port": 443,
      "network.peer.address": "127.0.0.1",
    },
  },
  {
    name: "headers that are asked for",
    talk: simple(get("/headers", "X-Tenant: a", "x-tenant: b"), ok("", "X-Cache: HIT")),
    client: { "http.request.header.x-tenant": ["a", "b"], "http.response.header.x-cache": ["HIT"] },
    server: { "http.request.header.x-tenant": ["a", "b"], "http.response.header.x-cache": ["HIT"] },
  },
];

const reports = new Map<string, TalkReport>();
let spans: PlainSpan[] = [];

beforeAll(async () => {
  await using receiver = await OtlpReceiver.start();
  const agent = await Agent.start(`
receivers:
  ebpf_http:
    capture: {request_headers: [x-tenant], response_headers: [x-cache]}
exporters:
  otlp_grpc: {endpoint: "${receiver.endpoint}", tls: {insecure: true}}
service:
  pipelines:
    traces: {receivers: [ebpf_http], exporters: [otlp_grpc]}
`);
  for (const { name, talk } of TABLE) reports.set(name, await playTalk(talk));
  await agent.stop();
  spans = spansOf(receiver);
}, 60_000);

/** The span of one side of a conversation. */
function spanOf(name: string, side: "client" | "server"): PlainSpan {
  const actor = side === "client" ? "c" : "s";
  const pid = reports.get(name)?.steps.find((step) => step.actor === actor)?.pid;
  const own = spans.filter(({ kind, resource }) => kind === KIND[side] && resource["process.pid"] === pid);
  expect(own.length).toBe(1);
  return own[0]!;
}

test.each(TABLE)("$name", ({ name, client, server, clientSpan = {}, serverSpan = {} }) => {
  const asked = spanOf(name, "client");
  const answered = spanOf(name, "server");
  const pick = (all: Plain, wanted: Plain) =>
    Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
  expect(pick(asked.attributes, client)).toEqual(client);
  expect(pick(answered.attributes, server)).toEqual(server);
  expect(asked).toMatchObject(clientSpan);
  expect(answered).toMatchObject(serverSpan);
});
