// The attributes of the detector `system`.
import type { AnyValue } from "../../../pdata/index.ts";
import { HOST_ID, HOST_NAME } from "../../../semconv/host.ts";
import type { Surroundings } from "./index.ts";

interface SystemAttribute {
  /** Whether it is wanted unless the user says otherwise. */
  readonly enabled: boolean;
  /** Undefined where the host does not say. `host.name` is found by `hostname_sources`. */
  find(surroundings: Surroundings): AnyValue;
}

export const SYSTEM_ATTRIBUTES: Readonly<Record<string, SystemAttribute>> = {
  [HOST_NAME]: { enabled: true, find: () => undefined },
  "os.type": { enabled: true, find: () => "linux" },
  [HOST_ID]: off(({ readText }) =>
    trimmed(readText("/etc/machine-id") ?? readText("/var/lib/dbus/machine-id")),
  ),
  "host.arch": off(() => (process.arch === "x64" ? "amd64" : process.arch)),
  "host.interface": off(({ interfaces }) => distinct(interfaces().map(({ name }) => name))),
  "host.ip": off(({ interfaces }) => external(interfaces).map(({ address }) => address)),
  "host.mac": off(({ interfaces }) => distinct(external(interfaces).map(({ mac }) => ieee(mac)))),
  "host.cpu.vendor.id": off((here) => cpu(here, "vendor_id")),
  "host.cpu.family": off((here) => cpu(here, "cpu family")),
  "host.cpu.model.id": off((here) => cpu(here, "model")),
  "host.cpu.model.name": off((here) => cpu(here, "model name")),
  "host.cpu.stepping": off((here) => cpu(here, "stepping")),
  // In KiB, as the Collector has it, and as /proc/cpuinfo says it.
  "host.cpu.cache.l2.size": off((here) => whole(cpu(here, "cache size"))),
  "os.name": off((here) => release(here, "ID")),
  "os.version": off((here) => release(here, "VERSION_ID")),
  "os.build.id": off((here) => release(here, "BUILD_ID")),
  "os.description": off(description),
};

function off(find: SystemAttribute["find"]): SystemAttribute {
  return { enabled: false, find };
}

function trimmed(text: string | undefined): string | undefined {
  return text?.trim() || undefined;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function external(interfaces: Surroundings["interfaces"]): ReturnType<Surroundings["interfaces"]> {
  return interfaces().filter(({ internal }) => !internal);
}

/** `02:42:…` as the IEEE writes it. */
function ieee(mac: string): string {
  return mac.replaceAll(":", "-").toUpperCase();
}

/** A line of the first processor. */
function cpu({ readText }: Surroundings, name: string): string | undefined {
  const [first = ""] = (readText("/proc/cpuinfo") ?? "").split("\n\n");
  const line = first.split("\n").find((each) => each.split(":")[0]!.trim() === name);
  return trimmed(line?.slice(line.indexOf(":") + 1));
}

function whole(text: string | undefined): bigint | undefined {
  const digits = /^\d+/.exec(text ?? "")?.[0];
  return digits === undefined ? undefined : BigInt(digits);
}

/** A value of os-release, without its quotes. */
function release({ readText }: Surroundings, key: string): string | undefined {
  const text = readText("/etc/os-release") ?? readText("/usr/lib/os-release") ?? "";
  const line = text.split("\n").find((each) => each.startsWith(`${key}=`));
  return trimmed(line?.slice(key.length + 1).replace(/^(["'])(.*)\1$/, "$2"));
}

/** The release and the kernel: `Debian GNU/Linux 12 (bookworm) (Linux 6.1.0 #1 SMP … x86_64)`. */
function description(here: Surroundings): string | undefined {
  const name = release(here, "PRETTY_NAME");
  const kernel = trimmed(here.readText("/proc/version"));
  return name && kernel ? `${name} (${kernel})` : (name ?? kernel);
}
