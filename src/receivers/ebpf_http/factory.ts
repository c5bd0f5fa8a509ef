import type { ReceiverFactory } from "../../component/index.ts";
import { statusFolder, withStatusFile } from "../../ebpf/status/status-file.ts";
import { inHostPidNamespace, readAgentPid } from "../../ebpf/tap/agent-pid.ts";
import { hostPaths, openKernelSource } from "../../ebpf/tap/source.ts";
import { loadLibbpf } from "../../native/load.ts";
import { type EbpfHttpConfig, ebpfHttpConfig } from "./config.ts";
import { EbpfHttpReceiver } from "./receiver.ts";
import { ReplayReceiver } from "./replay-receiver.ts";

/** `ebpf_http`: a span and metrics for each HTTP/1.x request of this host, seen from the kernel. */
export const ebpfHttpReceiverFactory: ReceiverFactory<EbpfHttpConfig, "traces" | "metrics"> = {
  type: "ebpf_http",
  stability: { traces: "alpha", metrics: "alpha" },
  config: ebpfHttpConfig,
  exclusive: () => true, // Two would both see every request.
  create(settings, config, next) {
    if (config.replay !== "") return new ReplayReceiver({ settings, config, next });
    const paths = hostPaths();
    const warnOfNamespace = () => {
      if (inHostPidNamespace(paths.proc)) return;
      settings.logger.warn(
        { proc: paths.proc },
        "Not the host's processes: services cannot be named. Run with hostPID or --pid=host, or set HOST_PROC.",
      );
    };
    return new EbpfHttpReceiver({
      settings,
      config,
      next,
      agentPid: readAgentPid(paths.proc),
      openSource: async (tap) => {
        warnOfNamespace();
        return withStatusFile(await openKernelSource(loadLibbpf(), paths, tap), {
          folder: statusFolder(),
          receiver: settings.id,
          version: settings.buildInfo.version,
        });
      },
    });
  },
};
