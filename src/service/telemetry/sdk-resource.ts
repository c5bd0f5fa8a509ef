import type { MeterProviderOptions } from "@opentelemetry/sdk-metrics";
import type { Labels } from "../../component/index.ts";
import type { SentResource } from "./resource.ts";

/** A resource as the OpenTelemetry SDK knows it. */
export type SdkResource = NonNullable<MeterProviderOptions["resource"]>;

/** The agent's resource for the SDK: nothing is detected and nothing is added. */
export function sdkResource({ labels, schemaUrl }: SentResource): SdkResource {
  return {
    attributes: labels,
    ...(schemaUrl !== "" && { schemaUrl }),
    merge: (other) =>
      sdkResource({ labels: { ...labels, ...(other?.attributes as Labels | undefined) }, schemaUrl }),
    getRawAttributes: () => Object.entries(labels),
  };
}
