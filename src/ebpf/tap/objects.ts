import { readFileSync } from "node:fs";

/** Reads a BPF object by its feature's name; from the package's folder, whether run from src/ or from dist/. */
export function readBpfObject(feature: string): Buffer {
  const url = new URL(`../../../build/bpf/${feature}.bpf.o`, import.meta.url);
  try {
    return readFileSync(url);
  } catch (cause) {
    throw new Error(`read ${url.pathname}: not built; run npm run build`, { cause });
  }
}
