// Exits 0 where BPF programs can be loaded; 2 where they can't, having printed why.
import { loadLibbpf } from "../src/native/load.ts";

const refusal = loadLibbpf().probe({ program: "raw_tracepoint" });
if (refusal !== undefined) {
  const who =
    process.getuid?.() === 0 ? "the kernel refuses BPF programs" : "loading BPF programs needs root";
  console.log(`${who} (${refusal})`);
  process.exitCode = 2;
}
