// Hosts: https://opentelemetry.io/docs/specs/semconv/resource/host/
export const HOST_NAME = "host.name";
export const HOST_ID = "host.id";
export const HOST_ARCH = "host.arch";
export const OS_TYPE = "os.type";
