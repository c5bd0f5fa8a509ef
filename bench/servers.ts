// Servers as they are measured: one core, saturated by one client, doing as little as they can for a request.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { buildGoPeer, freePort, stopChild } from "../test/support/servers.ts";
import { serverCore } from "./cores.ts";
import { endWithUs } from "./own-processes.ts";

export interface MeasuredServer extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** What to ask for. */
  readonly url: string;
  readonly pid: number;
}

/** nginx also counts what it was asked. */
export interface CountingServer extends MeasuredServer {
  requests(): Promise<number>;
}

/** nginx with one worker and no log. Its count is asked for on a second port, which nobody observes. */
export async function startNginx(): Promise<CountingServer> {
  const prefix = mkdtempSync(join(tmpdir(), "nginx-"));
  const [port, statusPort] = [await freePort(), await freePort()];
  writeFileSync(join(prefix, "nginx.conf"), nginxConfig(port, statusPort));
  const command = [...serverCore, "nginx", "-p", prefix, "-c", "nginx.conf", "-e", "stderr"];
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "inherit"] });
  const ended = endWithUs(child.pid!);
  let asked = 1; // by `answers`
  const requests = async () => {
    const counts = / (\d+) (\d+) (\d+) /.exec(await body(`http://127.0.0.1:${statusPort}/`));
    asked++;
    return Number(counts?.[3] ?? Number.NaN) - asked;
  };
  await answers(statusPort);
  return {
    name: "nginx",
    port,
    url: `http://127.0.0.1:${port}/ok`,
    pid: child.pid!,
    requests,
    async [Symbol.asyncDispose]() {
      await stopChild(child);
      ended();
      rmSync(prefix, { recursive: true });
    },
  };
}

function nginxConfig(port: number, statusPort: number): string {
  return `
daemon off; master_process off; pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 127.0.0.1:${port}; location / { return 200 "hello from the server\\n"; } }
  server { listen 127.0.0.1:${statusPort}; location / { stub_status; } }
}
`;
}

/** Go's net/http with one processor: the peer of the tests. */
export async function startGo(): Promise<MeasuredServer> {
  const command = [...serverCore, "env", "GOMAXPROCS=1", buildGoPeer(), "serve"];
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const ended = endWithUs(child.pid!);
  const port = await firstNumber(child);
  const url = `http://127.0.0.1:${port}/ok`;
  return {
    name: "Go net/http",
    port,
    url,
    pid: child.pid!,
    [Symbol.asyncDispose]: () => stopChild(child).then(ended),
  };
}

async function firstNumber(child: ChildProcess): Promise<number> {
  const first = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  if (!Number(first.value)) throw new Error("the Go server did not print its port");
  return Number(first.value);
}

function body(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => text(response).then(resolve, reject)).on("error", reject);
  });
}

async function answers(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (
      await body(`http://127.0.0.1:${port}/none`).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(20);
  }
  throw new Error(`nothing answers on port ${port}`);
}
