import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { selfSigned } from "../../test/support/certificate.ts";
import { LogRecorder } from "../../test/support/component.ts";
import { httpProvider } from "./http-provider.ts";

const logger = new LogRecorder();
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listening<S extends Server>(started: S): Promise<number> {
  server = started;
  started.listen(0, "127.0.0.1");
  await once(started, "listening");
  return (started.address() as AddressInfo).port;
}

const serve = (listener: RequestListener) => listening(createHttpServer(listener));
const get = (port: number, path = "/") => httpProvider("http")(`//127.0.0.1:${port}${path}`, logger);

describe("the http provider", () => {
  it("reads YAML with a GET request", async () => {
    const port = await serve(({ method, url }, response) => response.end(`a: [${method}, ${url}]`));
    expect(await get(port, "/x?y")).toEqual({ value: { a: ["GET", "/x?y"] }, text: "a: [GET, /x?y]" });
  });

  it("follows redirects, but not for ever", async () => {
    const port = await serve(({ url }, response) => {
      if (url === "/there") response.end("a: 1");
      else response.writeHead(302, { location: url === "/once" ? "/there" : "/again" }).end();
    });
    expect(await get(port, "/once")).toMatchObject({ value: { a: 1 } });
    await expect(get(port, "/again")).rejects.toThrow(
      `for uri "http://127.0.0.1:${port}/again": Get "http://127.0.0.1:${port}/again": stopped after 10 redirects`,
    );
  });

  it("says what it was answered", async () => {
    const port = await serve((_request, response) => response.writeHead(404).end("a: 1"));
    await expect(get(port, "/c.yaml")).rejects.toThrow(
      new Error(`failed to load resource from uri "http://127.0.0.1:${port}/c.yaml". status code: 404`),
    );
  });

  it("says that nobody answers", async () => {
    const port = await serve(() => {});
    server!.close();
    await once(server!, "close");
    await expect(get(port)).rejects.toThrow(
      new Error(
        `unable to download the file via HTTP GET for uri "http://127.0.0.1:${port}/": ` +
          `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
      ),
    );
  });

  it("says that a body broke off", async () => {
    const port = await serve((request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("a: 1");
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(get(port)).rejects.toThrow("fail to read the response body from uri");
  });

  it("speaks https with servers it trusts, and says which it does not", async () => {
    const identity = selfSigned();
    const port = await listening(createHttpsServer(identity, (_request, response) => response.end("a: 1")));
    const opaque = `//localhost:${port}/`;
    expect(await httpProvider("https", identity.cert)(opaque, logger)).toMatchObject({ value: { a: 1 } });
    await expect(httpProvider("https")(opaque, logger)).rejects.toThrow("self-signed certificate");
  });

  it("refuses what is no URI", async () => {
    await expect(httpProvider("http")("//", logger)).rejects.toThrow('invalid uri "http://"');
  });
});
