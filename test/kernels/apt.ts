// A private apt: its own sources, state and cache, the machine's own mirror. It changes nothing of the machine's.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where Debian's packages come from here. */
export interface Mirrors {
  readonly main: string;
  readonly security: string | undefined;
}

/**
 * Finds the mirrors the machine's apt is configured with; WATTSPAN_DEBIAN_MIRROR is taken instead where it is set, which
 * a machine that is not Debian needs. Throws where there is none.
 */
export function findMirrors(): Mirrors {
  if (!existsSync(KEYRING))
    throw new Error("no keyring of Debian's archive here; install debian-archive-keyring");
  const named = process.env.WATTSPAN_DEBIAN_MIRROR;
  if (named) return { main: named, security: `${named.replace(/\/$/, "")}-security` };
  const uris = configuredUris();
  const main = uris.find((uri) => /debian(\.list)?\/?$/.test(uri));
  if (!main) throw new Error("apt has no Debian mirror configured; name one in WATTSPAN_DEBIAN_MIRROR");
  return { main, security: uris.find((uri) => /debian-security(\.list)?\/?$/.test(uri)) };
}

function configuredUris(): string[] {
  try {
    const targets = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
    return execFileSync("apt-get", targets, { encoding: "utf8" }).split("\n");
  } catch (cause) {
    throw new Error("there is no apt here to fetch Debian's kernels with", { cause });
  }
}

/** apt confined to `folder`, knowing one suite. */
export class PrivateApt {
  readonly #folder: string;
  readonly #configuration: string;

  constructor(folder: string, mirrors: Mirrors, suite: string) {
    this.#folder = folder;
    this.#configuration = join(folder, "apt.conf");
    mkdirSync(join(folder, "lists/partial"), { recursive: true });
    mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
    writeFileSync(join(folder, "status"), "");
    writeFileSync(join(folder, "sources.list"), sourceLine(mirrors, suite));
    writeFileSync(this.#configuration, configuration(folder));
    this.#run("apt-get", "update", "--error-on=any");
  }

  /** Names the package with the highest version among those that match. */
  newest(packages: RegExp): string {
    const names = this.#run("apt-cache", "pkgnames", "linux-").split("\n");
    const matching = names.filter((name) => packages.test(name));
    const newest = matching.sort(new Intl.Collator("en", { numeric: true }).compare).at(-1);
    if (!newest) throw new Error("no such kernel there");
    return newest;
  }

  /** Downloads the package and returns the path of its file. */
  download(name: string): string {
    this.#run("apt-get", "download", name);
    const file = readdirSync(this.#folder).find((entry) => entry.endsWith(".deb"));
    if (!file) throw new Error(`apt downloaded no file for ${name}`);
    return join(this.#folder, file);
  }

  #run(program: string, ...args: string[]): string {
    try {
      return execFileSync(program, ["-c", this.#configuration, ...args], {
        cwd: this.#folder,
        encoding: "utf8",
        maxBuffer: 1 << 26,
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (cause) {
      const said = (cause as { stderr?: string }).stderr ?? "";
      const line = said.split("\n").find((text) => text.startsWith("E:")) ?? "it failed";
      throw new Error(`${program} ${args[0]}: ${line}`, { cause });
    }
  }
}

/** Read after the machine's own settings, so that a proxy in those still holds. */
function configuration(folder: string): string {
  return `
Dir::Etc::SourceList "${folder}/sources.list";
Dir::Etc::SourceParts "-";
Dir::State "${folder}";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Acquire::Languages "none";
// A suite past its support is not signed anew.
Acquire::Check-Valid-Until "false";
// apt's unprivileged user can't read a cache under somebody's home.
APT::Sandbox::User "";
// Hooks that index the machine's packages have no business here.
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

function sourceLine(mirrors: Mirrors, suite: string): string {
  const uri = suite.endsWith("-security") ? mirrors.security : mirrors.main;
  if (!uri) throw new Error("no mirror of Debian's security updates is configured");
  return `deb [arch=amd64 signed-by=${KEYRING}] ${uri} ${suite} main\n`;
}
