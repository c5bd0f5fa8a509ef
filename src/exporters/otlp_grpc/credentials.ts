// Turns the user's `tls` block into channel credentials.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext, type SecureVersion } from "node:tls";
import { type ChannelCredentials, credentials, type VerifyOptions } from "@grpc/grpc-js";
import type { GrpcClientConfig, TlsConfig } from "./client-config.ts";

/** Credentials for `config`. Throws when a file cannot be read or is not what it should be. */
export function channelCredentials({ endpoint, tls }: GrpcClientConfig): ChannelCredentials {
  if (tls.insecure && !endpoint.startsWith("https://")) return credentials.createInsecure();
  try {
    return withoutServerNameForIp(
      createSecureContext({
        ca: certificateAuthorities(tls),
        cert: read(tls.certFile, tls.certPem, "cert"),
        key: read(tls.keyFile, tls.keyPem, "key"),
        minVersion: version(tls.minVersion) ?? "TLSv1.2",
        maxVersion: version(tls.maxVersion),
      }),
      { rejectUnauthorized: !tls.insecureSkipVerify },
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`failed to load TLS config: ${reason}`, { cause });
  }
}

/**
 * Credentials that send no server name when the endpoint is an IP address, for which TLS has none. grpc-js sends the
 * address itself, which Node.js refuses. The certificate is still checked against the address.
 */
function withoutServerNameForIp(context: SecureContext, options: VerifyOptions): ChannelCredentials {
  const channel = credentials.createFromSecureContext(context, options);
  const create = channel._createSecureConnector.bind(channel);
  channel._createSecureConnector = (...args) => {
    const connector = create(...args);
    const { connectionOptions } = connector as { readonly connectionOptions?: { servername?: string } };
    if (connectionOptions?.servername && isIP(connectionOptions.servername))
      delete connectionOptions.servername;
    return connector;
  };
  return channel;
}

/** The user's authorities; undefined means those of the system. */
function certificateAuthorities(tls: TlsConfig): string[] | undefined {
  const own = read(tls.caFile, tls.caPem, "CA");
  if (own === undefined) return undefined;
  return tls.includeSystemCaCertsPool ? [...rootCertificates, own] : [own];
}

function read(file: string, pem: string, what: string): string | undefined {
  if (pem) return pem;
  if (!file) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`failed to load ${what} ${file}: ${(cause as Error).message}`, { cause });
  }
}

function version(text: string): SecureVersion | undefined {
  return text ? (`TLSv${text === "1.0" ? "1" : text}` as SecureVersion) : undefined;
}
