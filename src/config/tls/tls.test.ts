import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../confmap/decode.ts";
import { type TlsClientConfig, tlsClientConfig, tlsServerConfig } from "./config.ts";
import { loadServerTls, loadTls, tlsFiles } from "./load.ts";
import { ReloadingTls } from "./reload.ts";

let folder: string;
const path = (name: string): string => join(folder, name);

/** A certificate for localhost that signs itself, in `<name>.crt` and `<name>.key`. */
function certificate(name: string): void {
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`;
  const files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", path(`${name}.key`)];
  execFileSync("openssl", [...request.split(" "), ...files, "-out", path(`${name}.crt`)], {
    stdio: "ignore",
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "config-tls-"));
  certificate("server");
  certificate("client");
  writeFileSync(path("junk.pem"), "not a certificate");
});
afterAll(() => rmSync(folder, { recursive: true }));

const client = (section: object): TlsClientConfig => parseConfig(tlsClientConfig, section);

/** What two sides agree on: the cipher, the version, and whose certificate the server was shown. */
async function handshake(server: SecureContextOptions, options: SecureContextOptions): Promise<object> {
  const shown = Promise.withResolvers<string | undefined>();
  const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: false }, (socket) => {
    shown.resolve(socket.getPeerCertificate().subject?.CN as string | undefined);
    socket.end();
  });
  listener.on("tlsClientError", shown.reject);
  shown.promise.catch(() => {}); // The client's side fails too, and says so below.
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  try {
    const socket: TLSSocket = connect({ ...options, port, host: "127.0.0.1", servername: "localhost" });
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    socket.resume();
    const agreed = { cipher: socket.getCipher().name, version: socket.getProtocol() };
    return { ...agreed, client: await shown.promise };
  } finally {
    listener.close();
  }
}

describe("tls", () => {
  it("speaks with the suites, curves, versions and certificates that were asked for", async () => {
    const server = loadServerTls(
      parseConfig(tlsServerConfig, {
        cert_file: path("server.crt"),
        key_file: path("server.key"),
        client_ca_file: path("client.crt"),
      }),
    );
    const options = loadTls(
      client({
        ca_file: path("server.crt"),
        cert_pem: readFileSync(path("client.crt"), "utf8"),
        key_pem: readFileSync(path("client.key"), "utf8"),
        max_version: "1.2",
        cipher_suites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
        curve_preferences: ["P256", "X25519"],
      }),
    );
    expect(await handshake(server, options)).toEqual({
      cipher: "ECDHE-ECDSA-CHACHA20-POLY1305",
      version: "TLSv1.2",
      client: "client",
    });
    const newest = loadTls(client({ ca_file: path("server.crt"), min_version: "1.3" }));
    expect(await handshake(server, newest)).toMatchObject({ version: "TLSv1.3", client: undefined });
  });

  it("trusts the system's authorities only when asked beside the user's own", () => {
    const own = { ca_file: path("server.crt") };
    expect(loadTls(client({})).ca).toBeUndefined();
    expect(loadTls(client(own)).ca).toHaveLength(1);
    const both = loadTls(client({ ...own, include_system_ca_certs_pool: true })).ca as string[];
    expect(both.length).toBeGreaterThan(50);
  });

  it.each([
    [
      { ca_file: "/nowhere" },
      /^failed to load TLS config: failed to load CA CertPool File: failed to load cert \/nowhere: ENOENT/,
    ],
    [{ ca_pem: "junk" }, /^failed to load TLS config: failed to load CA CertPool PEM: failed to parse cert$/],
    [
      { cert_file: "server.crt", key_file: "client.key" },
      /^failed to load TLS config: failed to load TLS cert and key: .*mismatch/,
    ],
    [{ cert_file: "junk.pem", key_file: "junk.pem" }, /failed to load TLS cert and key: .*no start line/i],
  ])("says what is wrong with the files of %j", (section, message) => {
    const named = Object.entries(section).map(([key, value]) => [
      key,
      value.includes(".") ? path(value) : value,
    ]);
    expect(() => loadTls(client(Object.fromEntries(named)))).toThrow(message);
  });

  it.each([
    [{ ca_file: "a", ca_pem: "b" }, "provide either a CA file or the PEM-encoded string, but not both"],
    [
      { cert_file: "a", cert_pem: "b", key_file: "c" },
      "provide either certificate file or PEM, but not both",
    ],
    [{ cert_file: "a" }, "TLS configuration must include both certificate and key (CertFile/CertPem"],
    [{ min_version: "1.4" }, 'invalid TLS min_version: unsupported TLS version: "1.4"'],
    [{ max_version: "1.1" }, "min_version cannot be greater than max_version"],
    [{ cipher_suites: ["RC4"] }, 'invalid TLS cipher suite: "RC4"'],
    [{ curve_preferences: ["P1"] }, "invalid curve type: P1. Expected values are [P256 P384"],
    [{ tpm: { enabled: true } }, "keys in a trusted platform module are not supported"],
  ])("refuses %j", (section, message) => {
    expect(() => client(section)).toThrow(message);
  });

  it("wants a certificate of a server", () => {
    expect(() => parseConfig(tlsServerConfig, {})).toThrow(
      "TLS configuration must include both certificate and key for server connections",
    );
  });

  it("names its files", () => {
    expect(tlsFiles(client({ ca_file: "a", cert_file: "b", key_file: "c" }))).toEqual(["a", "b", "c"]);
  });
});

describe("reload_interval", () => {
  it("reads certificates again for the first connection after it, and keeps the old ones when they are gone", () => {
    copyFileSync(path("server.crt"), path("now.crt"));
    copyFileSync(path("server.key"), path("now.key"));
    const config = client({ cert_file: path("now.crt"), key_file: path("now.key"), reload_interval: "1m" });
    const failures: string[] = [];
    let now = 0;
    const tls = new ReloadingTls(
      config,
      () => loadTls(config),
      ({ message }) => failures.push(message),
      () => now,
    );
    const first = tls.context();
    copyFileSync(path("client.crt"), path("now.crt"));
    copyFileSync(path("client.key"), path("now.key"));
    now = 59_999;
    expect(tls.context()).toBe(first);
    now = 60_000;
    const second = tls.context();
    expect(second).not.toBe(first);
    expect(tls.options().cert).toEqual(readFileSync(path("client.crt")));
    rmSync(path("now.key"));
    now = 120_000;
    expect(tls.context()).toBe(second);
    expect(failures).toEqual([expect.stringMatching(/failed to load TLS cert and key: ENOENT/)]);
  });
});
