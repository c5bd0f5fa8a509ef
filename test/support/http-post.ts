// Requests by node:http, which shows an answer as it came.
import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request on a connection of its own. `target` is `host:port`. */
export function send(
  target: string,
  path: string,
  body: Uint8Array | string = "",
  options: RequestOptions = {},
): Promise<Answer> {
  const [hostname, port] = target.split(":");
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method: "POST", agent: false, ...options });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.end(body);
  });
}

/** Sends protobuf. */
export function post(
  target: string,
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(target, path, body, { headers: { "content-type": "application/x-protobuf", ...headers } });
}
