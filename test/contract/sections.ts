// What the contract tests have to know of components: the least each needs in its section to run.
import { tmpdir } from "node:os";

/** The least section with which a component is valid, by type; a component that is not here needs none. */
export const LEAST_SECTION: Readonly<Record<string, object>> = {
  health_check: { endpoint: "127.0.0.1:0" },
  zpages: { endpoint: "127.0.0.1:0" },
  file_storage: { directory: tmpdir() },
  attributes: { actions: [{ key: "k", action: "upsert", value: "v" }] },
  file: { path: "/dev/null" },
  memory_limiter: { check_interval: "1h", limit_mib: 100_000 },
  otlp: { protocols: { grpc: { endpoint: "localhost:0" }, http: { endpoint: "localhost:0" } } },
  otlp_http: { endpoint: "http://localhost:1" },
  otlp_grpc: { endpoint: "localhost:1", tls: { insecure: true } },
  probabilistic_sampler: { sampling_percentage: 100, fail_closed: false },
  prometheus: { endpoint: "localhost:0" },
  resource: { attributes: [{ key: "k", action: "upsert", value: "v" }] },
};

/** Components that open BPF objects when they start. */
export const NEEDS_ROOT: ReadonlySet<string> = new Set(["ebpf_http"]);

/** Processors that answer before downstream does, and keep what it refuses for now. */
export const ACCEPTS_AT_ONCE: ReadonlySet<string> = new Set(["batch"]);

/** Further sections under which a processor must keep to the contract. */
export const MORE_SECTIONS: Readonly<Record<string, readonly object[]>> = {
  batch: [
    { timeout: "1ms", send_batch_size: 7 },
    { timeout: "1ms", send_batch_size: 7, send_batch_max_size: 7 },
    { timeout: "0s" },
    { send_batch_size: 0 },
  ],
};
