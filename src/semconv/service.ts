// Services: https://opentelemetry.io/docs/specs/semconv/resource/service/
export const SERVICE_NAME = "service.name";
export const SERVICE_NAMESPACE = "service.namespace";
export const SERVICE_INSTANCE_ID = "service.instance.id";
