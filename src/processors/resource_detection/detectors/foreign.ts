// The Collector's detectors that this build does not have.
import { any, type Schema, struct } from "../../../confmap/schema.ts";

/** By the name that `detectors` and their blocks have. */
const NAMES = [
  "akamai aks alibaba_ecs azure azureappservice azurecontainerapps azurefunctions consul digitalocean docker",
  "ec2 ecs eks elasticbeanstalk gcp heroku hetzner ibmcloud_classic ibmcloud_vpc k8s_api k8snode",
  "kubeadm lambda nova openshift oraclecloud scaleway tencent_cvm upcloud vultr",
].flatMap((line) => line.split(" "));

export const FOREIGN_DETECTORS: ReadonlySet<string> = new Set([...NAMES, "dynatrace", "elastic_beanstalk"]);

/** Their blocks, which say nothing while the detector is not named; existing configurations have them. */
export const foreignBlocks: Schema<object> = struct(
  "resourcedetectionprocessor.DetectorConfig",
  Object.fromEntries(NAMES.map((name) => [name, any()])),
);
