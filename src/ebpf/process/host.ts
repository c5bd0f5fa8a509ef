// Who this host is, as resource attributes say it.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface HostIdentity {
  readonly name: string;
  /** The machine id, undefined where the host has none. */
  readonly id: string | undefined;
}

/** Reads the host's name and machine id. */
export function readHostIdentity(machineIdPath = "/etc/machine-id"): HostIdentity {
  return { name: hostname(), id: readMachineId(machineIdPath) };
}

function readMachineId(path: string): string | undefined {
  try {
    return /^[0-9a-f]{32}$/.exec(readFileSync(path, "utf8").trim())?.[0];
  } catch {
    return undefined; // containers often have none
  }
}
