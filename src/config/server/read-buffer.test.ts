import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { listen } from "../net.ts";
import { readShared } from "./read-buffer.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port where each connection is handed to `accept`. */
async function serve(accept: (socket: Socket) => void): Promise<number> {
  const server = createServer(accept);
  servers.push(server);
  const address = await listen(server, { endpoint: "127.0.0.1:0", transport: "tcp" });
  return Number(address.split(":")[1]);
}

it("gives all that comes on several connections, from one buffer", async () => {
  const texts = new Map<Socket, string>();
  const buffers = new Set<ArrayBufferLike>();
  const port = await serve((socket) => {
    texts.set(socket, "");
    readShared(socket, (chunk) => {
      buffers.add(chunk.buffer);
      texts.set(socket, texts.get(socket)! + chunk.toString());
    });
    socket.on("end", () => socket.destroy());
  });
  const sent = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
  const ended = sent.map((text) => {
    const client = connect(port, "127.0.0.1");
    client.end(text);
    return once(client, "close");
  });
  await Promise.all(ended);
  expect([...texts.values()].sort()).toEqual(sent);
  expect(buffers.size).toBe(1);
});

it("tells of the end of a connection, and of its failure", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const port = await serve((socket) => {
    readShared(socket, () => {});
    socket.on("end", () => socket.end("ended"));
    socket.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
  });
  const polite = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  polite.end();
  const [said] = await once(polite, "data");
  expect(String(said)).toBe("ended");
  const rude = connect(port, "127.0.0.1");
  await once(rude, "connect");
  rude.write("x", () => rude.resetAndDestroy());
  expect(await promise).toBe("ECONNRESET");
});
