// The detectors there are, by the name that `detectors` has.
import type { AnyValue } from "../../../pdata/index.ts";
import type { SystemConfig } from "../config.ts";
import { detectContainer } from "./container.ts";
import { detectEnvironment } from "./env.ts";
import { detectSystem } from "./system.ts";

/** What a detector found, by attribute. */
export type Detected = ReadonlyMap<string, AnyValue>;

/** What detectors look at. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; undefined where it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  readonly hostname: () => string;
  readonly interfaces: () => readonly NetworkInterface[];
}

/** An address of an interface of this host. */
export interface NetworkInterface {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly internal: boolean;
}

/** Throws, with the reason, where it could not find what it was asked for. */
type Detector = (surroundings: Surroundings, system: SystemConfig) => Detected;

export type DetectorName = "env" | "system" | "container";

export const DETECTORS: Readonly<Record<DetectorName, Detector>> = {
  env: detectEnvironment,
  system: detectSystem,
  container: detectContainer,
};
