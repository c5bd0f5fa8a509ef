import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import type { NetworkInterface, Surroundings } from "./detectors/index.ts";

/** What the agent's own process sees. */
export const ownSurroundings: Surroundings = {
  env: process.env,
  hostname,
  readText(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined; // What is not there, or not ours to read, says nothing.
    }
  },
  interfaces: () =>
    Object.entries(networkInterfaces()).flatMap(([name, list]) => (list ?? []).map(named(name))),
};

function named(name: string) {
  return ({ address, mac, internal }: Omit<NetworkInterface, "name">): NetworkInterface => ({
    name,
    address,
    mac,
    internal,
  });
}
