// The cookies a server gave, for the requests that follow: enough of RFC 6265 for a load balancer's stickiness.

interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

/** Cookies by host and name. Those for a whole domain are kept to the host that set them. */
export class CookieJar {
  readonly #hosts = new Map<string, Map<string, Cookie>>();

  /** Keeps what `Set-Cookie` headers of an answer from `url` say. */
  store(url: URL, headers: readonly string[]): void {
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
      const equals = pair.indexOf("=");
      if (equals <= 0) continue;
      const cookies = this.#hosts.get(url.host) ?? new Map<string, Cookie>();
      this.#hosts.set(url.host, cookies);
      cookies.set(pair.slice(0, equals), cookieOf(pair.slice(equals + 1), attributes));
    }
  }

  /** The `Cookie` header for a request to `url`; undefined when there are none for it. */
  header(url: URL): string | undefined {
    const cookies = [...(this.#hosts.get(url.host) ?? [])].filter(([, cookie]) => applies(cookie, url));
    return cookies.length === 0
      ? undefined
      : cookies.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }
}

function cookieOf(value: string, attributes: readonly string[]): Cookie {
  const named = new Map(attributes.map((attribute) => attributeOf(attribute)));
  const maxAge = named.get("max-age");
  const expires = named.get("expires");
  const path = named.get("path") ?? "/";
  return {
    value,
    path: path.startsWith("/") ? path : "/",
    secure: named.has("secure"),
    expires:
      maxAge !== undefined ? Date.now() + Number(maxAge) * 1000 : Date.parse(expires ?? "") || Infinity,
  };
}

function attributeOf(attribute: string): [string, string] {
  const equals = attribute.indexOf("=");
  return equals < 0
    ? [attribute.toLowerCase(), ""]
    : [attribute.slice(0, equals).toLowerCase(), attribute.slice(equals + 1)];
}

function applies({ path, secure, expires }: Cookie, { protocol, pathname }: URL): boolean {
  if (expires <= Date.now() || (secure && protocol !== "https:")) return false;
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}
