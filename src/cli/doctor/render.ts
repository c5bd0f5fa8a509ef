import { styleText } from "node:util";
import type { Finding, Report, Section, State } from "./report.ts";

const MARKS: Readonly<Record<State, string>> = { ok: "✓", problem: "✗", note: "–" };
const COLOURS = { ok: "green", problem: "red", note: "dim" } as const;
const INDENT = "  ";

/** A report for people; `colour` for those on a terminal. */
export function render(report: Report, colour: boolean): string {
  const paint: Paint = (format, text) => (colour ? styleText(format, text, { validateStream: false }) : text);
  const width = Math.max(
    ...report.sections.flatMap(({ findings }) => findings.map(({ name }) => name.length)),
  );
  const sections = report.sections.map((section) => renderSection(section, width, paint));
  const verdict = report.ok
    ? paint("green", "HTTP can be captured here.")
    : paint("red", "HTTP cannot be captured here: see ✗ above.");
  return `${[paint("bold", `wattspan ${report.version}`), ...sections, verdict].join("\n\n")}\n`;
}

type Paint = (format: "bold" | "green" | "red" | "dim" | "yellow", text: string) => string;

function renderSection({ title, findings }: Section, width: number, paint: Paint): string {
  return [paint("bold", title), ...findings.flatMap((finding) => renderFinding(finding, width, paint))].join(
    "\n",
  );
}

function renderFinding({ state, name, value, advice }: Finding, width: number, paint: Paint): string[] {
  const mark = paint(COLOURS[state], MARKS[state]);
  const line = `${INDENT}${mark} ${name.padEnd(width)}  ${value}`;
  if (!advice) return [line];
  return [line, `${INDENT}  ${" ".repeat(width)}  ${paint("yellow", `→ ${advice}`)}`];
}
