import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../../test/support/certificate.ts";
import { LogRecorder } from "../../test/support/component.ts";
import { Probe } from "../../test/support/registry.ts";
import { tlsClientConfig } from "../config/tls/config.ts";
import { list, map, optional, string, struct } from "../confmap/schema.ts";
import { Catalog } from "./catalog.ts";
import { decodeConfig } from "./config.ts";
import { dryRunProblems } from "./dry-run.ts";

let directory: string;
let pem: ReturnType<typeof selfSigned>;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dry-run-"));
  pem = selfSigned();
  writeFileSync(join(directory, "cert.pem"), pem.cert);
  writeFileSync(join(directory, "key.pem"), pem.key);
  writeFileSync(join(directory, "junk.pem"), "junk");
  writeFileSync(
    join(directory, "broken.pem"),
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

const config = struct("x.Config", {
  endpoint: string("", "address"),
  transport: string("tcp"),
  rules: map(list(string("", "file"))),
  tls: optional(tlsClientConfig),
});

/** What is found in the section of an exporter that a pipeline names, paths without the test's folder. */
async function problems(section: object, named = "out"): Promise<readonly string[]> {
  const registry = new Probe().registry();
  const [out] = registry.exporters.entries;
  const load = async () => ({ ...(await out!.load()), config });
  const raw = {
    exporters: { out: section },
    service: { pipelines: { traces: { receivers: ["in"], exporters: [named] } } },
  };
  const exporters = new Catalog([{ type: "out", load }]);
  const found = dryRunProblems(await decodeConfig(raw, { ...registry, exporters }, new LogRecorder()));
  return found.map((problem) => problem.replaceAll(`${directory}/`, ""));
}

const at = (name: string) => join(directory, name);

describe("a dry run", () => {
  it.each([
    ["localhost:4317", []],
    ["[::1]:4317", []],
    [":0", []],
    ["", []],
    ["localhost", ["address localhost: missing port in address"]],
    ["::1:4317", ["address ::1:4317: too many colons in address"]],
    ["localhost:http", ["lookup tcp/http: unknown port"]],
    ["localhost:65536", ["address 65536: invalid port"]],
  ])("looks at the address %j", async (endpoint, expected) => {
    const located = expected.map((problem) => `exporters::out::endpoint: ${problem}`);
    expect(await problems({ endpoint })).toEqual(located);
  });

  it("takes the endpoint of a unix socket for a path", async () => {
    expect(await problems({ transport: "unix", endpoint: "otel.sock" })).toEqual([]);
  });

  it("looks for files, wherever they are named", async () => {
    expect(
      await problems({ rules: { a: [at("cert.pem")], b: [at("junk.pem"), at("none"), directory] } }),
    ).toEqual([
      "exporters::out::rules::b::1: open none: no such file or directory",
      `exporters::out::rules::b::2: read ${directory}: is a directory`,
    ]);
  });

  it("reads certificates and keys", async () => {
    const tls = { ca_pem: pem.cert, cert_file: at("cert.pem"), key_file: at("key.pem") };
    expect(await problems({ tls })).toEqual([]);
    expect(
      await problems({
        tls: { ca_file: at("none.pem"), cert_file: at("broken.pem"), key_file: at("junk.pem") },
      }),
    ).toEqual([
      "exporters::out::tls::ca_file: open none.pem: no such file or directory",
      expect.stringMatching(
        /^exporters::out::tls::cert_file: broken\.pem: cannot parse the certificate: error:/,
      ),
      expect.stringMatching(
        /^exporters::out::tls::key_file: junk\.pem: cannot parse the private key: error:/,
      ),
    ]);
    expect(await problems({ tls: { cert_pem: "junk" } })).toEqual([
      "exporters::out::tls::cert_pem: has no PEM-encoded certificate",
    ]);
  });

  it("leaves alone what would not run", async () => {
    expect(await problems({ endpoint: "localhost" }, "other")).toEqual([]);
  });
});
