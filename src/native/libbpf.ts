// libbpf for Node: what native/ gives, named after libbpf. The addon is loaded by `loadLibbpf()`.

/** Thrown by every call that libbpf or the kernel refuses. */
export interface BpfError extends Error {
  /** The errno's name, as "EPERM". */
  readonly code: string;
  /** What libbpf printed, and the verifier's log when a program was refused. */
  readonly cause?: string;
}

export interface ObjectOptions {
  /** Values for `const volatile` globals by name, set before load. Arrays by a typed array or Buffer of the exact size. */
  readonly rodata?: Readonly<Record<string, number | bigint | boolean | Uint8Array>>;
  readonly maps?: Readonly<Record<string, MapOptions>>;
  /** Programs by C function name; those not named keep the object's own choice (SEC("?…") is off). */
  readonly autoload?: Readonly<Record<string, boolean>>;
}

export interface MapOptions {
  readonly maxEntries?: number;
  /** Use this existing map instead of creating one. */
  readonly reuse?: BpfMap;
  readonly autocreate?: boolean;
}

/** One field of a C struct as the object's BTF has it; offsets and sizes in bytes. */
export interface StructField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** "u8" … "u64", "i8" … "i64", "struct <name>", "ptr"; for arrays the element's, with `length` set. */
  readonly type: string;
  readonly length?: number;
}

export interface StructLayout {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly StructField[];
}

export interface BpfObject {
  /** Loads maps and the chosen programs into the kernel. */
  load(): void;
  readonly programs: readonly BpfProgram[];
  readonly maps: readonly BpfMap[];
  program(name: string): BpfProgram;
  map(name: string): BpfMap;
  /** Layouts of all named structs in the object's BTF, by name. Works before load. */
  structs(): Readonly<Record<string, StructLayout>>;
  /** Closes links, programs, maps. May be called twice. */
  close(): void;
}

export interface ProgramInfo {
  readonly id: number;
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
  readonly verifiedInstructions: number;
  readonly jitedBytes: number;
  readonly memlockBytes: number;
}

export interface BpfProgram {
  readonly name: string;
  readonly section: string;
  readonly autoload: boolean;
  /** Attaches by the section's own name (raw_tp/…, tracepoint/…, fentry/…, kprobe/…). */
  attach(): BpfLink;
  attachRawTracepoint(tracepoint: string): BpfLink;
  attachTracepoint(category: string, name: string): BpfLink;
  attachKprobe(symbol: string, options?: { readonly retprobe?: boolean; readonly offset?: number }): BpfLink;
  /** `pid` -1 (default) is every process. `symbol` is resolved in the binary when given; `offset` is added to it. */
  attachUprobe(
    path: string,
    options: {
      readonly symbol?: string;
      readonly offset?: number;
      readonly retprobe?: boolean;
      readonly pid?: number;
      readonly cookie?: bigint;
    },
  ): BpfLink;
  /** Software clock or counter on each CPU. */
  attachPerfEvent(options: {
    readonly config: "cpu_clock" | "task_clock";
    readonly frequencyHz: number;
    readonly cpu: number;
  }): BpfLink;
  /** Runs the program once in this process (BPF_PROG_TEST_RUN) with `context` as its arguments; returns its return value. */
  testRun(context?: Uint8Array): number;
  info(): ProgramInfo;
  /** How often the kernel left the program out because it, or another on this CPU, was running; since 5.12, else 0. */
  recursionMisses(): bigint;
}

export interface BpfLink {
  /** Detaches. May be called twice. */
  close(): void;
}

/** The memory of a BPF_MAP_TYPE_RINGBUF; read in place, see src/ebpf/ring.ts. */
export interface RingMemory {
  /** One page; the first 8 bytes are the consumer position. Writable. */
  readonly consumer: ArrayBuffer;
  /** One page; the first 8 bytes are the producer position. Read-only memory: writing crashes. */
  readonly producer: ArrayBuffer;
  /** The data area mapped twice in a row: length is 2 × the ring's size. Read-only memory. */
  readonly data: ArrayBuffer;
}

export interface BpfMap {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  /** Bytes of one value in user space; for per-CPU maps the sum over possible CPUs, each rounded up to 8. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Kernel memory the map is charged for (fdinfo memlock), in bytes. */
  memlockBytes(): number;
  /** Fills `value` (valueSize bytes) and returns true, or returns false where there is no such key. */
  lookup(key: Uint8Array, value: Uint8Array): boolean;
  update(key: Uint8Array, value: Uint8Array, flags?: "any" | "noexist" | "exist"): void;
  /** False where there was no such key. */
  delete(key: Uint8Array): boolean;
  /**
   * Reads the whole map into the two buffers, which the caller sizes for `maxEntries`; returns the number of entries.
   * Uses BPF_MAP_LOOKUP_BATCH and grows its step by itself; falls back to get_next_key where batch is not there.
   */
  readAll(keys: Uint8Array, values: Uint8Array): number;
  /** The same with removal (BPF_MAP_LOOKUP_AND_DELETE_BATCH). */
  drainAll(keys: Uint8Array, values: Uint8Array): number;
  ring(): RingMemory;
  /** For BPF_F_MMAPABLE arrays: the values in place. */
  memory(): ArrayBuffer;
}

export type Feature =
  | { readonly program: string }
  | { readonly helper: number; readonly program: string }
  | { readonly map: string }
  | { readonly tracepoint: string }
  | { readonly rawTracepoint: string }
  | { readonly kprobe: string }
  | { readonly fentry: string };

export interface Libbpf {
  /** Opens an object from its bytes; `name` is for messages. */
  open(name: string, bytes: Uint8Array, options?: ObjectOptions): BpfObject;
  /** Number of possible CPUs, the factor of per-CPU values. */
  possibleCpus(): number;
  /** Turns on the kernel's run counts and times until the link is closed (BPF_ENABLE_STATS). */
  enableStats(): BpfLink;
  /** Tries a feature for real. Returns undefined when it is there, else the kernel's reason, as "EPERM: …". */
  probe(feature: Feature): string | undefined;
  /** Gives the kernel back what the whole process has freed but keeps (malloc_trim): some milliseconds for many MB. */
  trimMemory(): void;
  readonly version: string;
}
