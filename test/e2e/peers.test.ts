// The peers themselves: every client gets from every server what the end-to-end tests take for granted.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clients, load } from "../support/clients.ts";
import { knownRequests } from "../support/requests.ts";
import { type Server, STARTERS, startNginx, startNode } from "../support/servers.ts";

describe.each(Object.entries(STARTERS))("the server %s", (name, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test.each(Object.entries(clients))("answers %s as expected", async (clientName, client) => {
    const known = knownRequests(server.port, clientName, name);
    const made = await client(known);
    expect(
      made.map(({ method, url, status, received }) => ({ method, url, status, body: received })),
    ).toEqual(known.map(({ method, url, answer }) => ({ method, url, ...answer })));
    for (const { pid } of made) expect(pid).toBeGreaterThan(0);
  });
});

test("nginx passes requests on to its upstream and logs each", async () => {
  const upstream = await startNode();
  const nginx = await startNginx(upstream);
  try {
    const [made] = await clients.curl([
      { url: `http://127.0.0.1:${nginx.port}/proxy/ok`, method: "GET", headers: {}, body: "" },
    ]);
    expect(made).toMatchObject({ status: 200, received: 22 });
    // It logs when it has answered.
    await expect.poll(() => nginx.log()).toEqual([200]);
  } finally {
    await nginx.stop();
    await upstream.stop();
  }
});

test("wrk says how many requests it made", async () => {
  const nginx = await startNginx();
  try {
    const { requests } = await load(`http://127.0.0.1:${nginx.port}/ok`, 1, 4);
    const logged = nginx.log().length;
    expect(requests).toBeGreaterThan(100);
    expect(logged - requests).toBeGreaterThanOrEqual(0);
    expect(logged - requests).toBeLessThanOrEqual(4);
  } finally {
    await nginx.stop();
  }
});
