// Which processes and ports are watched: the entries of discovery as bits, the kernel's way of selecting.
import type { Process } from "../../ebpf/process/process.ts";
import type { SelectorBits } from "../../ebpf/tap/http-tap.ts";
import type { DiscoveryConfig, Selector } from "./config.ts";
import { globPattern } from "./glob.ts";

/** One entry, ready to be asked. Keys that are undefined ask for nothing. */
interface CompiledSelector {
  readonly bit: number;
  readonly port: number | undefined;
  readonly pid: number | undefined;
  readonly executable: RegExp | undefined;
  readonly cgroup: RegExp | undefined;
}

type SelectedProcess = Pick<Process, "pid" | "executable"> & { readonly cgroup: { readonly path: string } };

/** The entry that stands for all processes where none is given. */
const EVERYTHING: Selector = { port: undefined, executable: undefined, pid: undefined, cgroup: undefined };

/**
 * Entry i is bit i. A process has the bits of the entries whose process keys it meets, a port those whose port it is; a
 * request is watched when an include bit is in both and no exclude bit is.
 */
export class Discovery {
  readonly #include: readonly CompiledSelector[];
  readonly #exclude: readonly CompiledSelector[];
  /** Entries that ask nothing of the process. */
  readonly anyProcess: SelectorBits;
  /** Entries that ask for no port. */
  readonly anyPort: SelectorBits;
  /** Entries by the port they ask for. */
  readonly ports: ReadonlyMap<number, SelectorBits>;
  /** Whether any entry asks for something of the process. */
  readonly hasProcessKeys: boolean;

  constructor({ include, exclude }: DiscoveryConfig) {
    this.#include = (include.length > 0 ? include : [EVERYTHING]).map(compile);
    this.#exclude = exclude.map(compile);
    this.anyProcess = this.#bits((selector) => !asksProcess(selector));
    this.anyPort = this.#bits(({ port }) => port === undefined);
    this.hasProcessKeys = [...this.#include, ...this.#exclude].some(asksProcess);
    this.ports = this.#portBits();
  }

  /** The entries whose process keys a process meets. */
  bitsOf(process: SelectedProcess): SelectorBits {
    return this.#bits((selector) => meets(selector, process));
  }

  /** Whether requests of a process with these bits are watched, to a server on `port`. Hot path. */
  selects(include: number, exclude: number, port: number): boolean {
    const byPort = this.ports.get(port);
    const included = include & (this.anyPort.include | (byPort?.include ?? 0));
    const excluded = exclude & (this.anyPort.exclude | (byPort?.exclude ?? 0));
    return included !== 0 && excluded === 0;
  }

  #bits(test: (selector: CompiledSelector) => boolean): SelectorBits {
    return { include: bitsWhere(this.#include, test), exclude: bitsWhere(this.#exclude, test) };
  }

  #portBits(): ReadonlyMap<number, SelectorBits> {
    const asked = new Set([...this.#include, ...this.#exclude].map(({ port }) => port));
    asked.delete(undefined);
    return new Map(
      [...asked].map((port) => [port as number, this.#bits((selector) => selector.port === port)]),
    );
  }
}

function compile({ port, executable, pid, cgroup }: Selector, index: number): CompiledSelector {
  return {
    bit: 1 << index,
    port,
    pid,
    executable: executable === undefined ? undefined : globPattern(executable),
    cgroup: cgroup === undefined ? undefined : globPattern(cgroup),
  };
}

function asksProcess({ pid, executable, cgroup }: CompiledSelector): boolean {
  return pid !== undefined || executable !== undefined || cgroup !== undefined;
}

function meets(selector: CompiledSelector, process: SelectedProcess): boolean {
  return (
    (selector.pid === undefined || selector.pid === process.pid) &&
    (selector.executable === undefined || selector.executable.test(process.executable)) &&
    (selector.cgroup === undefined || selector.cgroup.test(process.cgroup.path))
  );
}

function bitsWhere(
  selectors: readonly CompiledSelector[],
  test: (selector: CompiledSelector) => boolean,
): number {
  return selectors.reduce((bits, selector) => (test(selector) ? bits | selector.bit : bits), 0);
}
