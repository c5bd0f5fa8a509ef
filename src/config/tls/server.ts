// TLS of servers whose certificates, and whose clients' authorities, may be replaced while they listen.
import { randomBytes } from "node:crypto";
import type { Server, TlsOptions } from "node:tls";
import type { Logger } from "../../component/index.ts";
import type { TlsServerConfig } from "./config.ts";
import { loadServerTls, loadTls } from "./load.ts";
import { ReloadingTls } from "./reload.ts";

/** How old the verdict that a client_ca_file has not changed may be, with client_ca_file_reload. */
const CLIENT_CA_INTERVAL_MS = 1000;

const TICKET_KEYS_BYTES = 48;

/** Gives a server its TLS settings when it is made and, when they have changed, before it takes a connection. */
export class ServerTls {
  readonly #own: ReloadingTls;
  readonly #clients: ReloadingTls | undefined;
  #current: TlsOptions;

  /** Loads for the first time. Throws when that fails. */
  constructor(config: TlsServerConfig, logger: Logger) {
    const warn = (error: Error) =>
      logger.warn(
        { error: error.message },
        "Failed to reload certificates; those loaded before stay in use.",
      );
    this.#own = new ReloadingTls(config, () => loadTls(config), warn);
    const reloadIntervalMs = config.clientCaFileReload ? CLIENT_CA_INTERVAL_MS : 0;
    this.#clients = config.clientCaFile
      ? new ReloadingTls({ reloadIntervalMs }, () => ({ ca: loadServerTls(config).ca }), warn)
      : undefined;
    this.#current = this.#read();
  }

  /** For the server's constructor. */
  get options(): TlsOptions {
    const mutual = this.#clients !== undefined;
    return { ...this.#current, requestCert: mutual, rejectUnauthorized: mutual };
  }

  /** Keeps `server` up to date from now on. */
  follow(server: Server): void {
    // Before the server's own listener, which begins the handshake.
    server.prependListener("connection", () => {
      const options = this.#read();
      if (sameFiles(options, this.#current)) return;
      this.#current = options;
      server.setSecureContext(options);
      server.setTicketKeys(randomBytes(TICKET_KEYS_BYTES)); // A resumed session would not see the new authorities.
    });
  }

  #read(): TlsOptions {
    return { ...this.#own.options(), ca: this.#clients?.options().ca };
  }
}

/** What was not read again is the same object. */
function sameFiles(a: TlsOptions, b: TlsOptions): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
