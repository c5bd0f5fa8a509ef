import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import { GrpcCaller, METHODS } from "../../../test/support/grpc-call.ts";
import { send } from "../../../test/support/http-post.ts";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";

const body = Buffer.from(traces(2).bytes());
const headers = { "content-type": "application/x-protobuf" };
let directory: string;
const file = (name: string) => join(directory, name);
const pem = (name: string) => readFileSync(file(name));

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "otlp-tls-"));
  for (const name of ["server", "newer", "alice", "bob"]) {
    const request =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost";
    const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`)];
    execFileSync("openssl", [...request.split(" "), ...names, ...files], { stdio: "ignore" });
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(() => {
  copyFileSync(file("server.crt"), file("current.crt"));
  copyFileSync(file("server.key"), file("current.key"));
  copyFileSync(file("alice.crt"), file("clients.crt"));
});

const serverTls = () => ({ cert_file: file("current.crt"), key_file: file("current.key") });

/** Posts over HTTPS; gives the status and the server's certificate. */
function postTls(target: string, options: RequestOptions): Promise<number> {
  const [, port] = target.split(":");
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { hostname: "localhost", port, path: "/v1/traces", method: "POST", agent: false, headers, ...options },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode!));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** How a call by a client that trusts `ca` ends; with `as`, it shows that certificate. */
async function callTls(target: string, ca: string, as?: string): Promise<number> {
  const own = as === undefined ? [null, null] : [pem(`${as}.key`), pem(`${as}.crt`)];
  const channel = credentials.createSsl(pem(ca), own[0], own[1]);
  using caller = new GrpcCaller(target.replace("127.0.0.1", "localhost"), channel);
  return (await caller.call(METHODS.traces, body, { call: { deadline: Date.now() + 5000 } })).code;
}

describe("OTLP behind TLS", () => {
  it("is served by gRPC", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: { tls: serverTls() } });
    expect(await callTls(otlp.grpc, "server.crt")).toBe(status.OK);
    expect(await callTls(otlp.grpc, "newer.crt")).toBe(status.UNAVAILABLE);
    expect(otlp.bytes).toEqual([body]);
  });

  it("is served by HTTP/1.1 and HTTP/2", async () => {
    await using otlp = await OtlpUnderTest.start({ http: { tls: serverTls(), include_metadata: true } });
    expect(await postTls(otlp.http, { ca: pem("server.crt") })).toBe(200);
    const session = connect(`https://localhost:${otlp.http.split(":")[1]}`, { ca: pem("server.crt") });
    const stream = session.request({ ":method": "POST", ":path": "/v1/traces", ...headers });
    stream.end(body);
    const answered = await new Promise((resolve) => {
      stream.on("response", (response) => resolve(response[":status"]));
    });
    session.destroy();
    expect(answered).toBe(200);
    expect(otlp.bytes).toEqual([body, body]);
    const [first, second] = otlp.taken.map(({ context }) => context!.client!);
    expect([first!.address, second!.address]).toEqual(["127.0.0.1", "127.0.0.1"]);
    const host = [`localhost:${otlp.http.split(":")[1]}`];
    expect([first!.metadata.get("host"), second!.metadata.get("host")]).toEqual([host, host]);
  });

  it("asks clients for a certificate that client_ca_file signed", async () => {
    const tls = { ...serverTls(), client_ca_file: file("clients.crt") };
    await using otlp = await OtlpUnderTest.start({ grpc: { tls }, http: { tls } });
    expect(await callTls(otlp.grpc, "server.crt", "alice")).toBe(status.OK);
    expect(await callTls(otlp.grpc, "server.crt", "bob")).toBe(status.UNAVAILABLE);
    expect(await callTls(otlp.grpc, "server.crt")).toBe(status.UNAVAILABLE);
    const ca = pem("server.crt");
    const as = (name: string) => ({ ca, key: pem(`${name}.key`), cert: pem(`${name}.crt`) });
    expect(await postTls(otlp.http, as("alice"))).toBe(200);
    await expect(postTls(otlp.http, as("bob"))).rejects.toThrow();
    await expect(postTls(otlp.http, { ca })).rejects.toThrow();
    expect(otlp.bytes).toEqual([body, body]);
  });

  it("uses a new certificate when reload_interval has passed", async () => {
    await using otlp = await OtlpUnderTest.start({
      grpc: { tls: { ...serverTls(), reload_interval: "1ms" } },
    });
    expect(await callTls(otlp.grpc, "server.crt")).toBe(status.OK);
    copyFileSync(file("newer.crt"), file("current.crt"));
    expect(await callTls(otlp.grpc, "server.crt")).toBe(status.OK); // Half replaced: the old pair stays in use.
    expect(otlp.logger.records.map(({ message }) => message)).toContain(
      "Failed to reload certificates; those loaded before stay in use.",
    );
    copyFileSync(file("newer.key"), file("current.key"));
    expect(await callTls(otlp.grpc, "newer.crt")).toBe(status.OK);
    expect(await callTls(otlp.grpc, "server.crt")).toBe(status.UNAVAILABLE);
  });

  it("follows client_ca_file when told to", async () => {
    const tls = { ...serverTls(), client_ca_file: file("clients.crt"), client_ca_file_reload: true };
    await using otlp = await OtlpUnderTest.start({ grpc: { tls } });
    expect(await callTls(otlp.grpc, "server.crt", "bob")).toBe(status.UNAVAILABLE);
    copyFileSync(file("bob.crt"), file("clients.crt"));
    await expect
      .poll(() => callTls(otlp.grpc, "server.crt", "bob"), { timeout: 5000, interval: 200 })
      .toBe(status.OK);
    expect(await callTls(otlp.grpc, "server.crt", "alice")).toBe(status.UNAVAILABLE);
  });

  it("does not start with files it cannot read", async () => {
    const tls = { cert_file: file("none.crt"), key_file: file("server.key") };
    await expect(OtlpUnderTest.start({ http: { tls } })).rejects.toThrow(
      "failed to load TLS config: failed to load TLS cert and key:",
    );
  });
});

describe("OTLP on unix sockets", () => {
  it("is served by gRPC and HTTP", async () => {
    const [grpc, http] = [file("grpc.sock"), file("http.sock")];
    await using otlp = await OtlpUnderTest.start({
      grpc: { endpoint: grpc, transport: "unix" },
      http: { endpoint: http, transport: "unix" },
    });
    expect([otlp.grpc, otlp.http]).toEqual([grpc, http]);
    using caller = new GrpcCaller(`unix:${grpc}`);
    expect((await caller.call(METHODS.traces, body)).code).toBe(status.OK);
    const answer = await send("", "/v1/traces", body, { headers, socketPath: http });
    expect(answer.status).toBe(200);
    expect(otlp.taken.map(({ context }) => context!.client!.address)).toEqual([undefined, undefined]);
  });
});
