import { expect, test } from "vitest";
import { forwardedClient, forwardedHost, forwardedScheme } from "./forwarded.ts";

test.each([
  ["for=192.0.2.60;proto=http;by=203.0.113.43", "", { address: "192.0.2.60", port: undefined }],
  ['For="[2001:db8:cafe::17]:4711", for=10.0.0.1', "", { address: "2001:db8:cafe::17", port: 4711 }],
  ['for="192.0.2.43:47011"', "9.9.9.9", { address: "192.0.2.43", port: 47_011 }],
  ["proto=https", "203.0.113.195, 70.41.3.18", { address: "203.0.113.195", port: undefined }],
  ["", "203.0.113.195:1234", { address: "203.0.113.195", port: 1234 }],
  ["", "2001:db8::1", { address: "2001:db8::1", port: undefined }],
  ["for=_hidden", "", undefined],
  ["for=unknown", "", undefined],
  ["", " , 1.2.3.4", undefined],
])("takes the client from Forwarded %j and X-Forwarded-For %j", (forwarded, list, client) => {
  expect(forwardedClient(forwarded, list)).toEqual(client);
});

test("takes host and scheme from Forwarded before the X- fields, and the first of several", () => {
  expect(forwardedHost('host="a.example:8443", host=b', "c")).toBe("a.example:8443");
  expect(forwardedHost("", "c.example, d")).toBe("c.example");
  expect(forwardedHost("for=1.2.3.4", "")).toBeUndefined();
  expect(forwardedScheme("proto=HTTPS", "http")).toBe("https");
  expect(forwardedScheme("", "https,http")).toBe("https");
  expect(forwardedScheme("", "")).toBeUndefined();
});

test("is not held up by quotes without an end", () => {
  expect(forwardedClient(`for="${"\\".repeat(400)}`, "1.2.3.4")).toBeDefined();
});
