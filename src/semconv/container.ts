// Containers: https://opentelemetry.io/docs/specs/semconv/resource/container/
export const CONTAINER_ID = "container.id";
export const CONTAINER_NAME = "container.name";
export const CONTAINER_IMAGE_NAME = "container.image.name";
export const CONTAINER_IMAGE_TAGS = "container.image.tags";
