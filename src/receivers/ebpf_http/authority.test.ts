import { expect, test } from "vitest";
import { Authority } from "./authority.ts";

const authority = new Authority();

test.each([
  ["example.com", "example.com", 0],
  ["example.com:8080", "example.com", 8080],
  ["[2001:db8::1]", "2001:db8::1", 0],
  ["[::1]:443", "::1", 443],
  ["user:pw@example.com:81", "example.com", 81],
  ["example.com:", "example.com", 0],
  ["example.com:http", "example.com", 0],
  ["example.com:99999", "example.com", 0],
])("splits %s into %s and %d", (text, host, port) => {
  const bytes = Buffer.from(`.${text}.`);
  expect(authority.parse(bytes, 1, bytes.length - 1)).toBe(true);
  expect(bytes.toString("latin1", authority.start, authority.end)).toBe(host);
  expect(authority.port).toBe(port);
});

test.each(["", ":80", "[]:80", "user@"])("finds no host in %j", (text) => {
  const bytes = Buffer.from(text);
  expect(authority.parse(bytes, 0, bytes.length)).toBe(false);
});
