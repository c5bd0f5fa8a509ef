// The gates of this program, by the Collector's ids. Each is here because something honours it.
import { type Gate, GateRegistry } from "./registry.ts";

/** Set once, from the command line, before anything else runs. */
export const featureGates: GateRegistry = new GateRegistry();

/** Lets several locations' lists of components add up instead of replacing each other. */
export const mergeAppend: Gate = featureGates.register({
  id: "confmap.enableMergeAppendOption",
  stage: "Alpha",
  description:
    "Combines lists of extensions, receivers and exporters when several configurations are merged, instead of replacing them",
  fromVersion: "v0.120.0",
});

export const allowNoPipelines: Gate = featureGates.register({
  id: "service.AllowNoPipelines",
  stage: "Alpha",
  description: "Allows to start without any pipeline",
  fromVersion: "v0.122.0",
});

export const profilesSupport: Gate = featureGates.register({
  id: "service.profilesSupport",
  stage: "Alpha",
  description: "Allows pipelines of the signal profiles",
  fromVersion: "v0.112.0",
});

export const fileNativeCompression: Gate = featureGates.register({
  id: "exporter.file.nativeCompression",
  stage: "Alpha",
  description:
    "Compresses files of the file exporter as a whole, for `zstd -d`, instead of each message in them",
  fromVersion: "v0.154.0",
});

export const componentStatusHealth: Gate = featureGates.register({
  id: "extension.healthcheck.useComponentStatus",
  stage: "Alpha",
  description: "Lets the health_check extension answer by the status of each component",
  fromVersion: "v0.142.0",
});
