// Which service a process belongs to: the resource of everything it emits.
import { createHash } from "node:crypto";
import { CONTAINER_ID } from "../../semconv/container.ts";
import { HOST_ID, HOST_NAME } from "../../semconv/host.ts";
import { K8S_POD_UID } from "../../semconv/k8s.ts";
import {
  PROCESS_COMMAND,
  PROCESS_EXECUTABLE_NAME,
  PROCESS_EXECUTABLE_PATH,
  PROCESS_PID,
  PROCESS_RUNTIME_NAME,
} from "../../semconv/process.ts";
import { SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_NAMESPACE } from "../../semconv/service.ts";
import type { HostIdentity } from "./host.ts";
import { executableName, type Process } from "./process.ts";
import type { Procfs } from "./procfs.ts";
import { isGo, type Runtime, runtimeByName } from "./runtime.ts";

export type ResourceAttribute = readonly [key: string, value: string | number];

export interface Service {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly instanceId: string;
  readonly runtime: Runtime | undefined;
  /** The whole resource, the three above with it. */
  readonly attributes: readonly ResourceAttribute[];
}

/** Given by the specification for instance ids that are made from something unique. */
const INSTANCE_NAMESPACE = Buffer.from("4d63009a8d0f11eeaad74c796ed8e320", "hex");
const TICK_NS = 10_000_000;

/**
 * Names the service of each process, once. `service.name` is OTEL_SERVICE_NAME, else that of OTEL_RESOURCE_ATTRIBUTES,
 * else the name of the executable: also of interpreters (`python3.11`, `java`), since which of their arguments names the
 * program is a guess. What OTEL_RESOURCE_ATTRIBUTES says goes before what was detected.
 */
export class Services {
  readonly #host: HostIdentity;
  readonly #procfs: Procfs;
  readonly #services: WeakMap<Process, Service> = new WeakMap();

  constructor(host: HostIdentity, procfs: Procfs) {
    this.#host = host;
    this.#procfs = procfs;
  }

  /** The service of a process; the same object each time. */
  serviceOf(process: Process): Service {
    let service = this.#services.get(process);
    if (!service) {
      service = this.#describe(process);
      this.#services.set(process, service);
    }
    return service;
  }

  #describe(process: Process): Service {
    const given = process.environment.resourceAttributes;
    const name =
      process.environment.serviceName ||
      given.get(SERVICE_NAME) ||
      executableName(process) ||
      "unknown_service";
    const namespace = given.get(SERVICE_NAMESPACE) || undefined;
    const instanceId = given.get(SERVICE_INSTANCE_ID) || this.#instanceId(process);
    const runtime = this.#runtime(process);
    const attributes = new Map<string, string | number | undefined>([
      [SERVICE_NAME, name],
      [SERVICE_NAMESPACE, namespace],
      [SERVICE_INSTANCE_ID, instanceId],
      [PROCESS_PID, process.pid],
      [PROCESS_EXECUTABLE_NAME, executableName(process)],
      [PROCESS_EXECUTABLE_PATH, process.executable],
      [PROCESS_COMMAND, process.args[0]],
      [PROCESS_RUNTIME_NAME, runtime],
      [CONTAINER_ID, process.cgroup.containerId],
      [K8S_POD_UID, process.cgroup.podUid],
      [HOST_NAME, this.#host.name],
      [HOST_ID, this.#host.id],
    ]);
    for (const [key, value] of given) if (key !== SERVICE_NAME) attributes.set(key, value);
    return { name, namespace, instanceId, runtime, attributes: present(attributes) };
  }

  #runtime(process: Process): Runtime | undefined {
    const runtime = runtimeByName(executableName(process));
    if (runtime || process.kernelThread || process.exitNs !== undefined) return runtime;
    return isGo(this.#procfs.executableFile(process.pid)) ? "go" : undefined;
  }

  /** A version 5 UUID: the same for the same process, whenever the agent asks. */
  #instanceId({ pid, startNs }: Process): string {
    const host = this.#host.id ?? this.#host.name;
    const hash = createHash("sha1")
      .update(INSTANCE_NAMESPACE)
      .update(`${host}/${pid}/${Math.floor(startNs / TICK_NS)}`)
      .digest();
    hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
    hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
    return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
}

/** Without what is unknown or empty. */
function present(attributes: ReadonlyMap<string, string | number | undefined>): ResourceAttribute[] {
  const list: ResourceAttribute[] = [];
  for (const [key, value] of attributes) if (value !== undefined && value !== "") list.push([key, value]);
  return list;
}
