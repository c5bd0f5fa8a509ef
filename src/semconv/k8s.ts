// Kubernetes: https://opentelemetry.io/docs/specs/semconv/resource/k8s/
export const K8S_POD_UID = "k8s.pod.uid";
