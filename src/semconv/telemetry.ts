// Who made the telemetry: https://opentelemetry.io/docs/specs/semconv/resource/#telemetry-sdk
export const TELEMETRY_SDK_NAME = "telemetry.sdk.name";
export const TELEMETRY_SDK_LANGUAGE = "telemetry.sdk.language";
export const TELEMETRY_SDK_VERSION = "telemetry.sdk.version";
export const TELEMETRY_DISTRO_NAME = "telemetry.distro.name";
export const TELEMETRY_DISTRO_VERSION = "telemetry.distro.version";
/** On the one series that stands for all beyond a cardinality limit. */
export const OTEL_METRIC_OVERFLOW = "otel.metric.overflow";
