// Kubernetes: https://opentelemetry.io/docs/specs/semconv/resource/k8s/
export const K8S_CLUSTER_NAME = "k8s.cluster.name";
export const K8S_CLUSTER_UID = "k8s.cluster.uid";
export const K8S_NODE_NAME = "k8s.node.name";
export const K8S_NAMESPACE_NAME = "k8s.namespace.name";
export const K8S_POD_NAME = "k8s.pod.name";
export const K8S_POD_UID = "k8s.pod.uid";
export const K8S_POD_IP = "k8s.pod.ip";
export const K8S_CONTAINER_NAME = "k8s.container.name";
export const K8S_DEPLOYMENT_NAME = "k8s.deployment.name";
