// Containers: https://opentelemetry.io/docs/specs/semconv/resource/container/
export const CONTAINER_ID = "container.id";
