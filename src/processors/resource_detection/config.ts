import {
  any,
  bool,
  duration,
  float,
  list,
  optional,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";
import { HOSTNAME_SOURCES } from "./detectors/hostname.ts";
import { DETECTORS, type DetectorName } from "./detectors/index.ts";
import { SYSTEM_ATTRIBUTES } from "./detectors/system-attributes.ts";

/** `system`: where the host's name comes from, and which attributes are wanted. */
export interface SystemConfig {
  readonly hostnameSources: readonly string[];
  readonly resourceAttributes: Readonly<Record<string, { readonly enabled: boolean }>>;
}

/** The user's `resource_detection` section. */
export interface ResourceDetectionConfig {
  readonly detectors: readonly string[];
  readonly override: boolean;
  /** 0 for never again. */
  readonly refreshIntervalMs: number;
  readonly failOnMissingMetadata: boolean;
  readonly system: SystemConfig;
}

/** Each attribute may be turned on or off; `resourceAttributes` has them under their own names. */
const systemAttributes: Schema<SystemConfig["resourceAttributes"]> = struct(
  "metadata.ResourceAttributesConfig",
  Object.fromEntries(
    Object.entries(SYSTEM_ATTRIBUTES).map(([name, { enabled }]) => [
      name,
      struct("metadata.ResourceAttributeConfig", { enabled: bool(enabled) }),
    ]),
  ),
);

export const resourceDetectionConfig: Schema<ResourceDetectionConfig> = struct(
  "resourcedetectionprocessor.Config",
  {
    detectors: list(string(), ["env"]),
    override: bool(true),
    refresh_interval: duration(),
    fail_on_missing_metadata: bool(),
    system: struct("system.Config", {
      hostname_sources: list(string(), ["dns", "os"]),
      resource_attributes: systemAttributes,
    }),
    // The detectors here ask nobody over a network, so that these have nothing to limit; existing configurations have them.
    timeout: duration("5s"),
    retry: optional(
      struct("configretry.BackOffConfig", {
        initial_interval: duration("1s"),
        randomization_factor: float(0.5),
        multiplier: float(2),
        max_interval: duration("30s"),
        max_elapsed_time: duration(),
      }),
      { on: true },
    ),
    env: any(),
    container: any(),
  },
  function* ({ detectors, system }) {
    for (const name of detectors) if (!(name in DETECTORS)) yield unknownDetector(name);
    for (const source of system.hostnameSources) {
      if (!(source in HOSTNAME_SOURCES)) yield `invalid hostname source: ${source} (valid values: dns, os)`;
    }
  },
);

/** The Collector's detectors that ask a cloud's or cluster's API. */
const ASKING: ReadonlySet<string> = new Set(
  "akamai aks alibaba_ecs azure azureappservice azurecontainerapps azurefunctions consul digitalocean docker ec2 ecs eks elasticbeanstalk gcp heroku hetzner ibmcloud_classic ibmcloud_vpc k8s_api k8snode kubeadm lambda nova openshift openstack_nova oraclecloud scaleway tencent_cvm upcloud vultr".split(
    " ",
  ),
);

function unknownDetector(name: string): string {
  const known = Object.keys(DETECTORS) as DetectorName[];
  if (!ASKING.has(name)) return `invalid detector key: ${name} (valid values: ${known.join(", ")})`;
  return `detector ${JSON.stringify(name)} asks a service over the network, which this build has no client for: remove it, or give its attributes in OTEL_RESOURCE_ATTRIBUTES (valid values: ${known.join(", ")})`;
}
