// Real HTTP clients: each makes a list of requests in a process of its own and says what became of them.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildGoPeer, findPython } from "./servers.ts";

const PEERS = join(import.meta.dirname, "peers");

/** A request to make. */
export interface Ask {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that was made. */
export interface Made extends Ask {
  readonly status: number;
  /** Bytes of the response's body. */
  readonly received: number;
  /** The client's end; 0 where the client does not tell. */
  readonly localPort: number;
  /** The process that made it. */
  readonly pid: number;
}

/** Makes the requests one after another. */
export type Client = (asks: readonly Ask[]) => Promise<Made[]>;

async function run(
  command: string,
  args: readonly string[],
  input: string,
): Promise<{ output: string; pid: number }> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  child.stdin.on("error", () => {}); // It did not read it, as curl without a body; its exit status says what became of it.
  child.stdin.end(input);
  const output = await text(child.stdout);
  const status = await exit;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return { output, pid: child.pid! };
}

function peer(command: () => string, ...args: readonly string[]): Client {
  return async (asks) => {
    const { output, pid } = await run(command(), args, JSON.stringify(asks));
    return (JSON.parse(output) as Omit<Made, "pid">[]).map((made) => ({ ...made, pid }));
  };
}

/** curl, a process for each request. */
async function curl(asks: readonly Ask[]): Promise<Made[]> {
  const made: Made[] = [];
  for (const ask of asks) {
    const headers = Object.entries(ask.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    const method = ask.method === "HEAD" ? ["-I", "-o", "/dev/null"] : ["-X", ask.method, "-o", "/dev/null"];
    const body = ask.body ? ["--data-binary", "@-"] : [];
    const told = "%{http_code} %{size_download} %{local_port}";
    const { output, pid } = await run(
      "curl",
      ["-sS", ...method, ...headers, ...body, "-w", told, ask.url],
      ask.body,
    );
    const [status = 0, received = 0, localPort = 0] = output.split(" ").map(Number);
    made.push({ ...ask, status, received, localPort, pid });
  }
  return made;
}

/** The clients, by name. */
export const clients: Readonly<
  Record<"curl" | "node:http" | "fetch" | "go" | "http.client" | "urllib", Client>
> = {
  curl,
  "node:http": peer(() => process.execPath, join(PEERS, "node-client.mjs"), "http"),
  fetch: peer(() => process.execPath, join(PEERS, "node-client.mjs"), "fetch"),
  go: peer(buildGoPeer, "ask"),
  "http.client": peer(findPython, join(PEERS, "python-client.py"), "http.client"),
  urllib: peer(findPython, join(PEERS, "python-client.py"), "urllib"),
};

/** What wrk counted. */
export interface Load {
  readonly requests: number;
  readonly pid: number;
}

/** Loads a server with wrk for some seconds over `connections` connections. */
export async function load(url: string, seconds: number, connections: number): Promise<Load> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, url];
  const { output, pid } = await run("wrk", args, "");
  return { requests: Number(/(\d+) requests in/.exec(output)?.[1] ?? 0), pid };
}
