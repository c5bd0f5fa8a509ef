// `describe` for what needs a kernel that takes BPF programs from us.
import { describe } from "vitest";
import { refusal } from "./native.ts";

/** `describe` where BPF programs can be loaded; elsewhere skips, naming the reason. */
export function describeBpf(subject: string, body: () => void): void {
  if (refusal === undefined) describe(subject, body);
  else describe.skip(`${subject} (no BPF here: ${refusal})`, body);
}
