// Real HTTP servers on free loopback ports, each in a process of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const PEERS = join(import.meta.dirname, "peers");
const BUILT = join(import.meta.dirname, "../../build/test");

export interface Server {
  readonly name: string;
  readonly port: number;
  /** The process that answers. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** nginx also tells how many requests it has logged. */
export interface Nginx extends Server {
  /** Status codes of all finished requests, in their order. */
  log(): number[];
}

/** Whether the program is on the path. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, name)));
}

/** Ends a child and waits until it is gone. */
export async function stopChild(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

/** Starts a server that prints its port on its first line. */
async function startPrinting(name: string, command: string, args: readonly string[]): Promise<Server> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const first = await lines[Symbol.asyncIterator]().next();
  const port = Number(first.value);
  if (!port) throw new Error(`${name} did not print its port`);
  return { name, port, pid: child.pid!, stop: () => stopChild(child) };
}

/** The Go peer's program, built once until its source changes. */
export function buildGoPeer(): string {
  const source = join(PEERS, "go");
  const program = join(BUILT, "peer");
  const changed = statSync(join(source, "main.go")).mtimeMs;
  if (existsSync(program) && statSync(program).mtimeMs >= changed) return program;
  mkdirSync(BUILT, { recursive: true });
  execFileSync("go", ["build", "-o", program, "."], {
    cwd: source,
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return program;
}

export function startGo(): Promise<Server> {
  return startPrinting("go", buildGoPeer(), ["serve"]);
}

export function startNode(): Promise<Server> {
  return startPrinting("node", process.execPath, [join(PEERS, "node-server.mjs")]);
}

/** The path of Python itself: a version manager's wrapper would be another process. */
export function findPython(): string {
  return execFileSync("python3", ["-c", "import sys; print(sys.executable)"]).toString().trim();
}

export function startPython(): Promise<Server> {
  return startPrinting("python", findPython(), [join(PEERS, "python-server.py")]);
}

/** Python's `http.server` as it comes: HTTP/1.0, serving a folder that holds `ok` and `file`. */
export async function startPythonStock(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "stock-"));
  writeFileSync(join(folder, "ok"), "hello from the server\n");
  writeFileSync(join(folder, "file"), "f".repeat(100_000));
  const port = await freePort();
  const args = ["-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, String(port)];
  const child = spawn(findPython(), args, { stdio: "ignore" });
  await reachable(port);
  const stop = async () => {
    await stopChild(child);
    rmSync(folder, { recursive: true });
  };
  return { name: "python-stock", port, pid: child.pid!, stop };
}

/** A port of the loopback interface that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something listens on the port, looking at the kernel's table so as not to connect. */
async function reachable(port: number): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  for (let i = 0; i < 200; i++) {
    if (readFileSync("/proc/net/tcp", "utf8").includes(hex)) return;
    await sleep(25);
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** One worker, keep-alive; `/proxy/` is passed on to `upstream` where one is given. */
export async function startNginx(upstream?: Server): Promise<Nginx> {
  const prefix = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = await freePort();
  mkdirSync(join(prefix, "html"));
  writeFileSync(join(prefix, "html/file"), "f".repeat(100_000));
  writeFileSync(join(prefix, "nginx.conf"), nginxConfig(port, upstream));
  // Not as a daemon and with one process, so that this pid answers and its end is the server's end.
  const child = spawn("nginx", ["-p", prefix, "-c", "nginx.conf", "-e", "error.log"], { stdio: "inherit" });
  await reachable(port);
  const log = () =>
    readFileSync(join(prefix, "access.log"), "utf8").trim().split("\n").filter(Boolean).map(Number);
  const stop = async () => {
    await stopChild(child);
    rmSync(prefix, { recursive: true });
  };
  return { name: "nginx", port, pid: child.pid!, stop, log };
}

function nginxConfig(port: number, upstream: Server | undefined): string {
  const proxy = upstream
    ? `location /proxy/ { proxy_pass http://127.0.0.1:${upstream.port}/; proxy_http_version 1.1; proxy_set_header Connection ""; }`
    : "";
  return `
daemon off; master_process off; pid nginx.pid;
events { worker_connections 256; }
http {
  log_format status $status; access_log access.log status;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type text/plain;
  server {
    listen 127.0.0.1:${port}; server_name localhost; root html;
    location = /ok { return 200 "hello from the server\\n"; }
    location = /submit { return 201 "accepted\\n"; }
    location = /error { return 500 "out of order\\n"; }
    location = /empty { return 204; }
    location = /cached { return 304; }
    location = /users/42/orders { return 200 "[]\\n"; }
    location = /file { }
    ${proxy}
    location / { return 404 "not here\\n"; }
  }
}
`;
}

/** Every server, by name. */
export const STARTERS: Readonly<Record<string, () => Promise<Server>>> = {
  go: startGo,
  node: startNode,
  python: startPython,
  "python-stock": startPythonStock,
  nginx: startNginx,
};
