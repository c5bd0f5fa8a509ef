/** The instrumentation scope of everything this receiver gives; its version is the agent's. */
export const SCOPE_NAME = "wattspan/receivers/ebpf_http";
