// From the user's `tls` block to what node:tls takes.
import { readFileSync } from "node:fs";
import { createSecureContext, getCACertificates, type SecureContextOptions } from "node:tls";
import type { TlsConfig, TlsServerConfig } from "./config.ts";
import { CIPHER_SUITES, CURVES, TLS13_SUITES, VERSIONS } from "./names.ts";

/** Reads what `config` names. Throws, in the Collector's words, when a file cannot be read or is not what it should be. */
export function loadTls(config: TlsConfig): SecureContextOptions {
  return failingToLoad(() =>
    checked({ ...algorithms(config), ...certificate(config), ca: authorities(config) }),
  );
}

/** The same for a server: its authorities are those that sign the clients' certificates. */
export function loadServerTls(config: TlsServerConfig): SecureContextOptions {
  const options = loadTls(config);
  if (!config.clientCaFile) return options;
  const ca = [read(config.clientCaFile, "CA"), ...systemAuthorities(config)];
  return failingToLoad(() => checked({ ...options, ca }));
}

/** The files of `config`, for those who check that they are there, or that watch them. */
export function tlsFiles(config: TlsConfig): readonly string[] {
  return [config.caFile, config.certFile, config.keyFile].filter((file) => file !== "");
}

function algorithms(config: TlsConfig): SecureContextOptions {
  const ciphers = config.cipherSuites.map((suite) => CIPHER_SUITES.get(suite)!);
  const curves = config.curvePreferences.map((curve) => CURVES.get(curve)!);
  return {
    minVersion: VERSIONS.get(config.minVersion) ?? "TLSv1.2",
    ...(config.maxVersion && { maxVersion: VERSIONS.get(config.maxVersion) }),
    ...(ciphers.length > 0 && { ciphers: [...new Set([...TLS13_SUITES, ...ciphers])].join(":") }),
    ...(curves.length > 0 && { ecdhCurve: curves.join(":") }),
  };
}

function certificate({ certFile, certPem, keyFile, keyPem }: TlsConfig): SecureContextOptions {
  if (!certFile && !certPem) return {};
  try {
    const pair = { cert: certPem || readFileSync(certFile), key: keyPem || readFileSync(keyFile) };
    createSecureContext(pair); // A key that is another certificate's is found here.
    return pair;
  } catch (cause) {
    throw new Error(`failed to load TLS cert and key: ${reason(cause)}`, { cause });
  }
}

/** The user's authorities; undefined means those of the system. */
function authorities(config: TlsConfig): string[] | undefined {
  if (!config.caFile && !config.caPem) return undefined;
  const what = config.caPem ? "PEM" : "File";
  try {
    const own = config.caPem || read(config.caFile, "cert");
    if (!own.includes("-----BEGIN ")) throw new Error("failed to parse cert");
    return [own, ...systemAuthorities(config)];
  } catch (cause) {
    throw new Error(`failed to load CA CertPool ${what}: ${reason(cause)}`, { cause });
  }
}

function systemAuthorities({ includeSystemCaCertsPool }: TlsConfig): readonly string[] {
  return includeSystemCaCertsPool ? getCACertificates("default") : [];
}

/** OpenSSL's own verdict, now rather than at the first connection. */
function checked(options: SecureContextOptions): SecureContextOptions {
  createSecureContext(options);
  return options;
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`failed to load ${what} ${file}: ${reason(cause)}`, { cause });
  }
}

function failingToLoad(load: () => SecureContextOptions): SecureContextOptions {
  try {
    return load();
  } catch (cause) {
    throw new Error(`failed to load TLS config: ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
