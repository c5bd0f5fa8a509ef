import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { HostRecorder } from "../../test/support/component.ts";
import { listen, reportAccepting } from "./net.ts";

it("reports a connection that cannot be accepted, and the next one that is", async () => {
  const server = createServer((socket) => socket.end());
  const host = new HostRecorder();
  const address = await listen(server, { endpoint: "127.0.0.1:0", transport: "tcp" });
  reportAccepting(server, host);
  const visit = async () => {
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1").resume();
    await once(socket, "close");
  };
  await visit();
  expect(host.statuses).toEqual([]);
  server.emit("error", new Error("accept ENOBUFS")); // As Node.js tells of it; the kernel cannot be made to.
  await visit();
  await visit();
  expect(host.statuses).toEqual(["recoverable_error", "ok"]);
  server.close();
});
