// The Node peer's client: requests from stdin, by node:http on one kept connection, or by fetch. See README.md.
import { Agent, request } from "node:http";
import { json } from "node:stream/consumers";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function byHttp({ url, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent }, async (response) => {
      const localPort = response.socket.localPort;
      let received = 0;
      for await (const chunk of response) received += chunk.length;
      resolve({ status: response.statusCode, received, localPort });
    });
    outgoing.on("error", reject);
    if (body) outgoing.setHeader("Content-Length", body.length);
    outgoing.end(body || undefined);
  });
}

async function byFetch({ url, method, headers, body }) {
  const response = await fetch(url, { method, headers, body: body || undefined });
  return { status: response.status, received: (await response.arrayBuffer()).byteLength, localPort: 0 };
}

const perform = process.argv[2] === "fetch" ? byFetch : byHttp;
const exchanges = await json(process.stdin);
for (const exchange of exchanges) Object.assign(exchange, await perform(exchange));
console.log(JSON.stringify(exchanges));
agent.destroy();
