import { expect, test } from "vitest";
import { redactHead } from "./redact-head.ts";

function redacted(head: string): string {
  const bytes = Buffer.from(`before ${head} after`, "latin1");
  redactHead(bytes, 7, 7 + head.length);
  expect(bytes.toString("latin1", 0, 7)).toBe("before ");
  expect(bytes.toString("latin1", 7 + head.length)).toBe(" after");
  return bytes.toString("latin1", 7, 7 + head.length);
}

test("overwrites the values of secrets in any case, and nothing else", () => {
  expect(
    redacted(
      "GET /a?token=1 HTTP/1.1\r\nHost: shop\r\nAUTHORIZATION: Bearer xyz\r\nCookie:a=b; c=d\r\nX-Cookie: e\r\n",
    ),
  ).toBe(
    "GET /a?token=1 HTTP/1.1\r\nHost: shop\r\nAUTHORIZATION: ****** ***\r\nCookie:**** ***\r\nX-Cookie: e\r\n",
  );
  expect(redacted("Proxy-Authorization: Basic eA==\nSet-Cookie: sid=1\nAge: 1\n")).toBe(
    "Proxy-Authorization: ***** ****\nSet-Cookie: *****\nAge: 1\n",
  );
});

test("overwrites what is there of a head that was cut", () => {
  expect(redacted("GET / HTTP/1.1\r\nCookie: sess")).toBe("GET / HTTP/1.1\r\nCookie: ****");
  expect(redacted("GET / HTTP/1.1\r\nCookie")).toBe("GET / HTTP/1.1\r\nCookie");
  expect(redacted("")).toBe("");
});

test("overwrites lines that continue a secret", () => {
  expect(redacted("A: 1\r\nCookie: a\r\n b\r\n\tc\r\nB: 2\r\n d\r\n")).toBe(
    "A: 1\r\nCookie: *\r\n *\r\n\t*\r\nB: 2\r\n d\r\n",
  );
});

test("overwrites a body behind the head, but not a head behind empty lines", () => {
  expect(redacted("\r\n\r\nPOST / HTTP/1.1\r\nA: 1\r\n\r\npassword=x\r\ny")).toBe(
    "\r\n\r\nPOST / HTTP/1.1\r\nA: 1\r\n\r\n**********\r\n*",
  );
});
