// wattspan doctor on this host: what it says must be so.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Finding, Report } from "../../src/cli/doctor/report.ts";
import { readBpfObject } from "../../src/ebpf/tap/objects.ts";
import { openHttpTap } from "../../src/ebpf/tap/open.ts";
import { loadLibbpf } from "../../src/native/load.ts";
import { KEEP_ALL } from "../support/live-tap.ts";
import { stopChild } from "../support/servers.ts";

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ran(command: string, args: readonly string[], environment: object = {}): Promise<Ran> {
  const options = { env: { ...process.env, ...environment } };
  return await run(command, [...args], options).then(
    (output) => ({ code: 0, ...output }),
    (error: Ran) => error,
  );
}

async function report(environment: object = {}): Promise<Report> {
  const { stdout } = await ran(process.execPath, [MAIN, "doctor", "--json"], environment);
  return JSON.parse(stdout);
}

function findings({ sections }: Report): ReadonlyMap<string, Finding> {
  return new Map(sections.flatMap((section) => section.findings).map((finding) => [finding.name, finding]));
}

test("names the hooks that the tap takes here, and exits with 0", async () => {
  const tap = openHttpTap(loadLibbpf(), readBpfObject("http"), KEEP_ALL);
  const { hook } = tap;
  tap.close();
  const found = await report();
  expect(found).toMatchObject({ ok: true, hook });
  expect(findings(found).get(hook)?.value).toMatch(/: chosen$/);
});

test("tells what each refused mechanism was refused for, in the kernel's words", async () => {
  const found = findings(await report());
  const fentry = loadLibbpf().probe({ fentry: "inet_sendmsg" });
  const kprobe = loadLibbpf().probe({ kprobe: "inet_sendmsg" });
  expect(found.get("fexit")?.value.startsWith(`inet_sendmsg${fentry ? `: ${fentry}` : ""}`)).toBe(true);
  expect(found.get("kprobe")?.value.startsWith(`inet_sendmsg${kprobe ? `: ${kprobe}` : ""}`)).toBe(true);
});

test("exits with 1 for a user without rights, with what to grant and no stack trace", async () => {
  const { code, stdout, stderr } = await ran("setpriv", [...NOBODY, process.execPath, MAIN, "doctor"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/✗ HTTP +cannot be captured\n +→ run as root, or grant CAP_BPF/);
  expect(stdout).toMatch(/– systemd +AmbientCapabilities=CAP_BPF CAP_PERFMON/);
  expect(stdout).toContain("HTTP cannot be captured here");
  expect(stdout).not.toMatch(/^ +at /m);
  expect(stdout).not.toContain("\u001b");
});

test("says that a hook that is asked for by force is not there", async () => {
  const { code, stdout, stderr } = await ran(process.execPath, [MAIN, "doctor"], {
    WATTSPAN_SOCKET_HOOK: "no_such_hook",
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toContain('WATTSPAN_SOCKET_HOOK is "no_such_hook": use one of');
});

test("shows the counters of an agent that runs, and nothing of it when it has ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "doctor-"));
  const environment = { WATTSPAN_STATUS_DIR: folder };
  const config = `yaml:
receivers: {ebpf_http: {discovery: {include: [{port: 1}]}}}
exporters: {debug: {verbosity: basic}}
service: {telemetry: {metrics: {level: none}}, pipelines: {metrics: {receivers: [ebpf_http], exporters: [debug]}}}`;
  const agent = spawn(process.execPath, [MAIN, "--config", config], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  for await (const chunk of agent.stderr) {
    log += chunk;
    if (log.includes("Everything is ready")) break;
  }
  const title = `Agent ${agent.pid}, receiver ebpf_http`;
  const running = await report(environment);
  expect(running.sections.map((section) => section.title)).toContain(title);
  expect(findings(running).get("ring_full")).toEqual({ state: "ok", name: "ring_full", value: "0 lost" });
  await stopChild(agent);
  expect((await report(environment)).sections.map((section) => section.title)).not.toContain(title);
  rmSync(folder, { recursive: true });
});
