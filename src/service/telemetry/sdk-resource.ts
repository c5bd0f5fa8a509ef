import type { MeterProviderOptions } from "@opentelemetry/sdk-metrics";
import type { Labels } from "../../component/index.ts";

/** A resource as the OpenTelemetry SDK knows it. */
export type SdkResource = NonNullable<MeterProviderOptions["resource"]>;

/** The agent's resource for the SDK: nothing is detected and nothing is added. */
export function sdkResource(attributes: Labels): SdkResource {
  return {
    attributes,
    merge: (other) => sdkResource({ ...attributes, ...(other?.attributes as Labels | undefined) }),
    getRawAttributes: () => Object.entries(attributes),
  };
}
