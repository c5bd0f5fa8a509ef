// Hosts: https://opentelemetry.io/docs/specs/semconv/resource/host/
export const HOST_NAME = "host.name";
export const HOST_ID = "host.id";
