// The Collector's configtls: the keys under `tls:` of every client and server.
import {
  bool,
  duration,
  list,
  opaque,
  type Problem,
  type Schema,
  squash,
  string,
  struct,
} from "../../confmap/schema.ts";
import { CIPHER_SUITES, CURVES, VERSIONS } from "./names.ts";

/** What clients and servers share. */
export interface TlsConfig {
  readonly caFile: string;
  readonly caPem: string;
  readonly includeSystemCaCertsPool: boolean;
  readonly certFile: string;
  readonly certPem: string;
  readonly keyFile: string;
  readonly keyPem: string;
  /** `1.0` to `1.3`; empty for 1.2. */
  readonly minVersion: string;
  /** Empty for the newest there is. */
  readonly maxVersion: string;
  /** By Go's names; empty for the defaults. Those of TLS 1.3 are always on. */
  readonly cipherSuites: readonly string[];
  readonly curvePreferences: readonly string[];
  /** How long a certificate and its key are used before their files are read again; 0 for ever. */
  readonly reloadIntervalMs: number;
}

/** The `tls` block of a client. */
export interface TlsClientConfig extends TlsConfig {
  /** Plain text. */
  readonly insecure: boolean;
  readonly insecureSkipVerify: boolean;
  readonly serverNameOverride: string;
}

/** The `tls` block of a server. */
export interface TlsServerConfig extends TlsConfig {
  /** Who signs the clients' certificates; clients must have one when this is given. */
  readonly clientCaFile: string;
  readonly clientCaFileReload: boolean;
}

export const tlsConfig: Schema<TlsConfig> = struct(
  "configtls.Config",
  {
    ca_file: string("", "certificate_file"),
    ca_pem: opaque("", "certificate"),
    include_system_ca_certs_pool: bool(),
    cert_file: string("", "certificate_file"),
    cert_pem: opaque("", "certificate"),
    key_file: string("", "key_file"),
    key_pem: opaque("", "key"),
    min_version: string(),
    max_version: string(),
    cipher_suites: list(string()),
    curve_preferences: list(string()),
    reload_interval: duration(),
    tpm: struct(
      "configtls.TPMConfig",
      { enabled: bool(), path: string(), owner_auth: string(), auth: string() },
      function* ({ enabled }) {
        if (enabled) yield "keys in a trusted platform module are not supported: give key_file or key_pem";
      },
    ),
  },
  tlsProblems,
);

export const tlsClientConfig: Schema<TlsClientConfig> = squash(
  struct("configtls.ClientConfig", {
    insecure: bool(),
    insecure_skip_verify: bool(),
    server_name_override: string(),
  }),
  tlsConfig,
);

export const tlsServerConfig: Schema<TlsServerConfig> = squash(
  struct("configtls.ServerConfig", {
    client_ca_file: string("", "certificate_file"),
    client_ca_file_reload: bool(),
  }),
  tlsConfig,
  function* ({ certFile, certPem, keyFile, keyPem }) {
    if (certFile || certPem || keyFile || keyPem) return;
    yield "TLS configuration must include both certificate and key for server connections";
  },
);

function* tlsProblems(config: TlsConfig): Iterable<Problem> {
  yield* sourceProblems(config);
  yield* versionProblems(config);
  for (const suite of config.cipherSuites) {
    if (!CIPHER_SUITES.has(suite)) yield `invalid TLS cipher suite: ${JSON.stringify(suite)}`;
  }
  for (const curve of config.curvePreferences) {
    if (!CURVES.has(curve))
      yield `invalid curve type: ${curve}. Expected values are [${[...CURVES.keys()].join(" ")}]`;
  }
}

function* sourceProblems({
  caFile,
  caPem,
  certFile,
  certPem,
  keyFile,
  keyPem,
}: TlsConfig): Iterable<Problem> {
  if (caFile && caPem) yield "provide either a CA file or the PEM-encoded string, but not both";
  if (certFile && certPem) yield "provide either certificate file or PEM, but not both";
  if (keyFile && keyPem) yield "provide either key file or PEM, but not both";
  if (Boolean(certFile || certPem) !== Boolean(keyFile || keyPem)) {
    yield "TLS configuration must include both certificate and key (CertFile/CertPem and KeyFile/KeyPem)";
  }
}

function* versionProblems({ minVersion, maxVersion }: TlsConfig): Iterable<Problem> {
  for (const [key, version] of Object.entries({ min_version: minVersion, max_version: maxVersion })) {
    if (!VERSIONS.has(version)) {
      yield `invalid TLS ${key}: unsupported TLS version: ${JSON.stringify(version)}`;
    }
  }
  if (maxVersion && (minVersion || "1.2") > maxVersion)
    yield "invalid TLS configuration: min_version cannot be greater than max_version";
}
