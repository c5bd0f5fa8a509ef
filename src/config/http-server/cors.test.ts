import { describe, expect, it } from "vitest";
import type { CorsConfig } from "./config.ts";
import { Cors } from "./cors.ts";

const config: CorsConfig = {
  allowedOrigins: ["http://test.com", "https://*.example.com"],
  allowedHeaders: ["Example-Header"],
  exposedHeaders: ["X-Seen"],
  maxAge: 7200,
};

function answer(changes: Partial<CorsConfig>, method: string, headers: Record<string, string>): object {
  return new Cors({ ...config, ...changes }).answer({ method, path: "/v1/traces", query: "", headers })
    .headers;
}

const asked = { "access-control-request-method": "POST" };
const PREFLIGHT = { Vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" };

describe("CORS", () => {
  it("allows a preflight what it asks for", () => {
    const headers = {
      origin: "http://test.com",
      ...asked,
      "access-control-request-headers": "example-header",
    };
    expect(answer({}, "OPTIONS", headers)).toEqual({
      ...PREFLIGHT,
      "Access-Control-Allow-Origin": "http://test.com",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Allow-Methods": "POST",
      "Access-Control-Allow-Headers": "example-header",
      "Access-Control-Max-Age": "7200",
    });
  });

  it.each([
    ["another origin", { origin: "http://other.com", ...asked }],
    ["another header", { origin: "http://test.com", ...asked, "access-control-request-headers": "x-other" }],
    ["another method", { origin: "http://test.com", "access-control-request-method": "DELETE" }],
    ["no origin", asked],
  ])("allows a preflight with %s nothing", (_what, headers) => {
    expect(answer({}, "OPTIONS", headers)).toEqual(PREFLIGHT);
  });

  it("lets the answer to an allowed origin be read", () => {
    expect(answer({}, "POST", { origin: "https://a.b.Example.com" })).toEqual({
      Vary: "Origin",
      "Access-Control-Allow-Origin": "https://a.b.Example.com",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Expose-Headers": "X-Seen",
    });
    for (const origin of ["https://example.com", "http://a.example.com", "https://a.example.com.evil"]) {
      expect(answer({}, "POST", { origin })).toEqual({ Vary: "Origin" });
    }
  });

  it("may allow every origin and header", () => {
    const headers = { origin: "null", ...asked, "access-control-request-headers": "a, b" };
    const open = { allowedOrigins: ["*"], allowedHeaders: ["*"], maxAge: 0 };
    expect(answer(open, "OPTIONS", headers)).toEqual({
      ...PREFLIGHT,
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Allow-Methods": "POST",
      "Access-Control-Allow-Headers": "a, b",
    });
  });

  it("allows the usual headers unless others are named", () => {
    const headers = { origin: "http://test.com", ...asked, "access-control-request-headers": "content-type" };
    expect(answer({ allowedHeaders: [] }, "OPTIONS", headers)).toHaveProperty("Access-Control-Allow-Headers");
    expect(answer({}, "OPTIONS", headers)).toEqual(PREFLIGHT);
  });
});
