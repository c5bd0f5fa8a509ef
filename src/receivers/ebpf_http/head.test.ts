import { expect, test } from "vitest";
import { headerValues, RequestHead, type Run } from "./head.ts";

const head = new RequestHead();
let bytes = Buffer.alloc(0);
let view = new DataView(new ArrayBuffer(0));

/** Parses `text` in the middle of other bytes, as in the ring. */
function parse(text: string): RequestHead {
  bytes = Buffer.from(`\n\nGET / X${text}\nHost: behind\n`, "latin1");
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  head.parse(view, bytes, 9, 9 + Buffer.byteLength(text, "latin1"));
  return head;
}

function text({ present, start, end }: Run): string | undefined {
  return present ? bytes.toString("latin1", start, end) : undefined;
}

test("finds the parts of the request line", () => {
  const { method, target, path, query, authority } = parse(
    "GET /users/42?verbose=1&x HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  expect([method, target, path, query, authority].map(text)).toEqual([
    "GET",
    "/users/42?verbose=1&x",
    "/users/42",
    "verbose=1&x",
    undefined,
  ]);
});

test.each([
  ["http://user:pw@shop.example:8080/cart?id=1", "/cart", "user:pw@shop.example:8080"],
  ["http://shop.example", undefined, "shop.example"],
  ["example.com:443", undefined, "example.com:443"],
  ["*", "*", undefined],
])("tells path and authority of the target %s", (target, path, authority) => {
  const parsed = parse(`GET ${target} HTTP/1.1\r\n\r\n`);
  expect([text(parsed.path), text(parsed.authority)]).toEqual([path, authority]);
});

test("finds fields whatever their case and blanks", () => {
  const parsed = parse(
    "GET / HTTP/1.1\r\nhOsT:shop.example\r\nUSER-AGENT: \t curl/8 \t\r\nX-Forwarded-For:1.2.3.4\nX-Forwarded-Host: h\r\n" +
      "x-forwarded-proto: https\r\nForwarded: for=9.9.9.9\r\nTraceparent: 00-a\r\ntracestate: a=1\r\n\r\n",
  );
  expect(text(parsed.host)).toBe("shop.example");
  expect(text(parsed.userAgent)).toBe("curl/8");
  expect(text(parsed.forwardedFor)).toBe("1.2.3.4");
  expect(text(parsed.forwardedHost)).toBe("h");
  expect(text(parsed.forwardedProto)).toBe("https");
  expect(text(parsed.forwarded)).toBe("for=9.9.9.9");
  expect(text(parsed.traceparent)).toBe("00-a");
  expect(text(parsed.tracestate)).toBe("a=1");
});

test("does not take a field for one that only begins or ends like it", () => {
  const parsed = parse("GET / HTTP/1.1\r\nHosted: a\r\nX-Host: b\r\nHost : c\r\nUser-Agents: d\r\n\r\n");
  expect([parsed.host, parsed.userAgent].map(text)).toEqual([undefined, undefined]);
});

test("takes the first of fields that come twice", () => {
  expect(text(parse("GET / HTTP/1.1\r\nHost: first\r\nHost: second\r\n\r\n").host)).toBe("first");
});

test("uses a target that was cut, but no field that was", () => {
  expect(text(parse("GET /a/very/long/pa").path)).toBe("/a/very/long/pa");
  const parsed = parse("GET / HTTP/1.1\r\nHost: shop.exam");
  expect(text(parsed.host)).toBeUndefined();
});

test("skips empty lines before the request", () => {
  expect(text(parse("\r\n\r\nPUT /x HTTP/1.0\r\n\r\n").method)).toBe("PUT");
});

test("finds newlines at every position", () => {
  for (let length = 0; length < 40; length++) {
    const parsed = parse(
      `GET /${"a".repeat(length)} HTTP/1.1\r\nX: ${"b".repeat(length)}\r\nHost: h${length}\r\n\r\n`,
    );
    expect(text(parsed.host)).toBe(`h${length}`);
  }
});

test("survives any bytes, and nothing lies outside of them", () => {
  let seed = 1;
  for (let round = 0; round < 2000; round++) {
    const random = Array.from({ length: round % 97 }, () => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return "GET /:?#@[]\r\n\t Host:\xff\0http"[seed % 26] ?? "\n";
    }).join("");
    const parsed = parse(random);
    const end = 9 + random.length;
    for (const run of Object.values(parsed) as Run[]) {
      expect(run.end).toBeLessThanOrEqual(end);
      if (run.present) expect(run.start).toBeGreaterThanOrEqual(9);
    }
  }
});

test("gives all values of a header, in order, without the request line", () => {
  parse("GET /x: HTTP/1.1\r\nX-Tag: a\r\nother: c\r\nx-tag: b, c\r\nX-Tag: cut");
  expect(headerValues(view, 9, bytes.length - "\nHost: behind\n".length, "x-tag")).toEqual(["a", "b, c"]);
});
