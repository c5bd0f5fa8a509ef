import { parseConfig } from "../confmap/decode.ts";
import { statusFolder } from "../ebpf/status/status-file.ts";
import { readAgentPid } from "../ebpf/tap/agent-pid.ts";
import { readBpfObject } from "../ebpf/tap/objects.ts";
import { openHttpTap } from "../ebpf/tap/open.ts";
import { loadLibbpf } from "../native/load.ts";
import { type EbpfHttpConfig, ebpfHttpConfig } from "../receivers/ebpf_http/config.ts";
import { Discovery } from "../receivers/ebpf_http/discovery.ts";
import { tapSettings } from "../receivers/ebpf_http/tap-settings.ts";
import { buildInfo } from "./build-info.ts";
import { CONFIG_FLAGS } from "./config-flags.ts";
import { diagnose } from "./doctor/diagnose.ts";
import type { Attempts } from "./doctor/hooks.ts";
import { HostFiles } from "./doctor/host-files.ts";
import { render } from "./doctor/render.ts";
import { type FlagSet, parseFlags } from "./flags.ts";
import { httpConfig } from "./http-config.ts";

export const flags: FlagSet = {
  values: CONFIG_FLAGS.values,
  switches: { ...CONFIG_FLAGS.switches, json: {} },
};

/** Says what this host offers and what follows from it. 1 when HTTP cannot be captured, else 0. */
export async function run(args: readonly string[]): Promise<number> {
  const given = parseFlags(args, flags);
  const config = (await httpConfig(given)) ?? parseConfig(ebpfHttpConfig, undefined);
  const { HOST_PROC, HOST_SYS } = process.env;
  const host = new HostFiles(HOST_PROC || "/proc", HOST_SYS || "/sys");
  const report = diagnose(host, {
    version: buildInfo.version,
    statusFolder: statusFolder(),
    ownProc: "/proc",
    ...attemptsOrReason(config, host.proc),
  });
  const text = given.switches.has("json")
    ? `${JSON.stringify(report, undefined, 2)}\n`
    : render(report, process.stdout.isTTY === true && !process.env.NO_COLOR);
  process.stdout.write(text);
  return report.ok ? 0 : 1;
}

/** What can be tried, or why nothing can: a program that was not built. */
function attemptsOrReason(
  config: EbpfHttpConfig,
  proc: string,
): { readonly attempts: Attempts | undefined; readonly reason: string } {
  try {
    return { attempts: kernelAttempts(config, proc), reason: "" };
  } catch (error) {
    return { attempts: undefined, reason: (error as Error).message };
  }
}

function kernelAttempts(config: EbpfHttpConfig, proc: string): Attempts {
  const libbpf = loadLibbpf();
  const bytes = readBpfObject("http");
  const object = libbpf.open("http", bytes);
  const programs = object.programs.map(({ name, section }) => ({ name, section }));
  object.close();
  const context = { discovery: new Discovery(config.discovery), agentPid: readAgentPid(proc), spans: true };
  return {
    libbpf,
    programs,
    openTap() {
      const tap = openHttpTap(libbpf, bytes, tapSettings(config, context));
      const opened = { hook: tap.hook, memoryBytes: tap.memoryBytes };
      tap.close();
      return opened;
    },
  };
}
