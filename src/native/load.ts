// Finds and loads the addon, from src/ in development and from dist/ when built: both lie beside build/.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Libbpf } from "./libbpf.ts";

const ADDON = fileURLToPath(new URL("../../build/native/libbpf.node", import.meta.url));

let loaded: Libbpf | undefined;

/** Loads libbpf once. Throws where the addon was not built or its libraries are missing. */
export function loadLibbpf(): Libbpf {
  loaded ??= open();
  return loaded;
}

function open(): Libbpf {
  if (!existsSync(ADDON)) throw new Error(`load ${ADDON}: addon not built; run npm run build`);
  try {
    return createRequire(import.meta.url)(ADDON) as Libbpf;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(`${ADDON}: `, "") : String(cause);
    throw new Error(`load ${ADDON}: ${reason}; run npm run build`, { cause });
  }
}
