// The Node peer's server. Prints its port. See README.md.
import { createServer } from "node:http";

const TEXTS = {
  "/ok": [200, "hello from the server\n"],
  "/submit": [201, "accepted\n"],
  "/error": [500, "out of order\n"],
  "/file": [200, "f".repeat(100_000)],
  "/users/42/orders": [200, "[]\n"],
  "/empty": [204],
  "/cached": [304],
};

const server = createServer((request, response) => {
  const [path] = request.url.split("?");
  request.resume();
  request.on("end", () => {
    if (path === "/stream") return stream(response);
    const [status, body] = TEXTS[path] ?? [404, "not here\n"];
    response.writeHead(status).end(body);
  });
});

function stream(response, line = 0) {
  if (line === 10) return response.end();
  response.write(`line ${line}\n`, () => stream(response, line + 1));
}

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
