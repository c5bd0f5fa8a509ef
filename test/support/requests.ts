// The known requests that every client makes to every server in the end-to-end tests.
import type { Ask } from "./clients.ts";

/** What a server of the tests answers: status, and bytes of the response's body. */
interface Answer {
  readonly status: number;
  readonly body: number;
}

interface Template {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly answer: Answer;
}

const TEMPLATES: readonly Template[] = [
  { method: "GET", path: "/ok", answer: { status: 200, body: 22 } },
  { method: "GET", path: "/missing", answer: { status: 404, body: 9 } },
  { method: "POST", path: "/submit", body: "name=value&n=1", answer: { status: 201, body: 9 } },
  { method: "HEAD", path: "/ok", answer: { status: 200, body: 0 } },
  { method: "GET", path: "/error", answer: { status: 500, body: 13 } },
  { method: "GET", path: "/empty", answer: { status: 204, body: 0 } },
  { method: "GET", path: "/cached", answer: { status: 304, body: 0 } },
  { method: "GET", path: "/file", answer: { status: 200, body: 100_000 } },
  { method: "GET", path: "/users/42/orders", answer: { status: 200, body: 3 } },
  { method: "POST", path: "/submit", body: "x".repeat(70_000), answer: { status: 201, body: 9 } },
  { method: "GET", path: "/stream", answer: { status: 200, body: 70 } },
];

/** A request, with what is known about it before it is made. */
export interface Known extends Ask {
  readonly path: string;
  readonly query: string;
  readonly userAgent: string;
  readonly answer: Answer;
}

/** The requests for a server on `port`, each with a query of its own, so that its spans are found by it. */
export function knownRequests(port: number, tag: string, server: string): Known[] {
  return TEMPLATES.filter(({ path }) => isServedBy(server, path)).map(
    ({ method, path, body = "", answer }, i) => {
      const query = `tag=${tag}&n=${i}`;
      const userAgent = `talk/1 (${tag})`;
      const url = `http://127.0.0.1:${port}${path}?${query}`;
      return { url, method, path, query, userAgent, headers: { "User-Agent": userAgent }, body, answer };
    },
  );
}

/** nginx has no chunked location of its own; Python's stock server only has files, and no queries matter to it. */
function isServedBy(server: string, path: string): boolean {
  if (server === "nginx") return path !== "/stream";
  if (server === "python-stock") return path === "/ok" || path === "/file";
  return true;
}
