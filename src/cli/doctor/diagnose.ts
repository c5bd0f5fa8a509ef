import { agentSections } from "./agents.ts";
import { type Attempts, capture } from "./hooks.ts";
import type { HostFiles } from "./host-files.ts";
import { identitySection } from "./identity.ts";
import { kernelSection } from "./kernel.ts";
import { powerSection } from "./power.ts";
import type { Report } from "./report.ts";
import { rightsSection } from "./rights.ts";
import { unseenSection } from "./unseen.ts";

export interface DiagnoseSettings {
  readonly version: string;
  readonly statusFolder: string;
  /** The /proc in which agents, whose status doctor can read, have their pids: our own. */
  readonly ownProc: string;
  /** Undefined where nothing can be tried, for the reason given. */
  readonly attempts: Attempts | undefined;
  readonly reason: string;
}

/** Looks at everything there is to find. Never throws for what a host lacks. */
export function diagnose(
  host: HostFiles,
  { version, statusFolder, ownProc, attempts, reason }: DiagnoseSettings,
): Report {
  const captured = capture(attempts, reason);
  return {
    ok: captured.ok,
    version,
    hook: captured.hook ?? null,
    sections: [
      captured.section,
      rightsSection(host),
      kernelSection(host),
      identitySection(host),
      powerSection(host),
      unseenSection(host),
      ...agentSections(statusFolder, ownProc),
    ],
  };
}
