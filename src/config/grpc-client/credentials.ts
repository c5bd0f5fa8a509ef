// Turns the user's `tls` block into channel credentials.
import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { loadTls } from "../tls/load.ts";
import { ReloadingTls } from "../tls/reload.ts";
import type { GrpcClientConfig } from "./config.ts";

/**
 * Credentials for `config`. Throws when a file cannot be read or is not what it should be; `onFailure` is told when that
 * happens later, on a reload.
 */
export function channelCredentials(
  { endpoint, tls }: GrpcClientConfig,
  onFailure: (error: Error) => void,
): ChannelCredentials {
  const plain = tls.insecure && !tls.caFile && !tls.caPem;
  if (plain && !endpoint.startsWith("https://")) return credentials.createInsecure();
  const source = new ReloadingTls(tls, () => loadTls(tls), onFailure);
  const channel = credentials.createFromSecureContext(source.context(), {
    rejectUnauthorized: !tls.insecureSkipVerify,
  });
  return perConnection(channel, source);
}

/** The parts of grpc-js's connector that are relied upon; the version is pinned in package.json. */
interface Connector {
  readonly connectionOptions?: { secureContext?: SecureContext; servername?: string };
  connect(...args: unknown[]): unknown;
}

/**
 * Credentials that are looked up anew for each connection, and send no server name when the endpoint is an IP address,
 * for which TLS has none: grpc-js sends the address itself, which Node.js refuses. The certificate is still checked
 * against the address.
 */
function perConnection(channel: ChannelCredentials, source: ReloadingTls): ChannelCredentials {
  const create = channel._createSecureConnector.bind(channel);
  channel._createSecureConnector = (...args) => {
    const secure = create(...args);
    const connector = secure as unknown as Connector;
    const { connectionOptions } = connector;
    if (!connectionOptions) return secure;
    if (connectionOptions.servername && isIP(connectionOptions.servername))
      delete connectionOptions.servername;
    const connect = connector.connect.bind(connector);
    connector.connect = (...rest) => {
      connectionOptions.secureContext = source.context();
      return connect(...rest);
    };
    return secure;
  };
  return channel;
}
