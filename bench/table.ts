// Prints sections as one aligned table.
import { type Figure, isMet, type Section } from "./figure.ts";

const HEAD = ["", "measured", "spread", "target", ""];
const VERDICTS = { true: "met", false: "missed" } as const;

/** One line for each figure, in columns of equal width. */
export function table(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ figures }) => figures.map(row));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(HEAD), ...sections.flatMap((section) => ["", ...lines(section, line)])].join("\n");
}

function lines({ title, figures, skipped }: Section, line: (cells: readonly string[]) => string): string[] {
  const reason = skipped === undefined ? [] : [`  skipped: ${skipped}`];
  return [title, ...reason, ...figures.map((figure) => line(row(figure)))];
}

function row(figure: Figure): string[] {
  const { name, unit, value, spread, target, note } = figure;
  const met = isMet(figure);
  return [
    `  ${name}`,
    `${number(value)} ${unit}`,
    spread ? `${number(spread.low)} … ${number(spread.high)} (n=${spread.count})` : "",
    target ? ("atMost" in target ? `<= ${target.atMost}` : `${target.exactly}`) : "",
    [met === undefined ? "" : VERDICTS[`${met}`], note ?? ""].filter(Boolean).join("; "),
  ];
}

function number(value: number): string {
  if (Number.isInteger(value)) return `${value}`;
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
