// Draws one metric's series as aligned columns.
import { type Canvas, cell, columns, drawLine, left, right, type Style } from "./cells.ts";
import { count } from "./text.ts";

export interface Row {
  readonly who: string;
  readonly label: string;
  readonly columns: readonly string[];
  readonly style: Style;
  /** What rows are sorted by, the largest first. */
  readonly weight: number;
}

export interface Table {
  readonly title: string;
  readonly time: string;
  readonly headings: readonly string[];
  readonly rows: Row[];
  /** Series without a row, since nothing happened. */
  idle: number;
}

/** Rows shown of one metric; the rest is counted. */
const MOST_ROWS = 25;
const INDENT = " ".repeat(10);
const LABEL = { least: 28, most: 60 };
const WHO = { least: 14, most: 28 };

/** The table's lines; nothing when it has no rows. */
export function drawTable({ title, time, headings, rows, idle }: Table, canvas: Canvas): string {
  if (rows.length === 0) return "";
  const shown = rows.toSorted((a, b) => b.weight - a.weight).slice(0, MOST_ROWS);
  const whoWidth = widest(
    shown.map((row) => row.who),
    WHO,
  );
  const labelWidth = widest(
    shown.map((row) => row.label),
    LABEL,
  );
  const widths = headings.map((heading, i) =>
    widest([heading, ...shown.map((row) => row.columns[i] ?? "")], CELL),
  );
  const names = whoWidth + 2 + labelWidth;
  const head = [
    cell(left(time, INDENT.length), "dim"),
    cell(left(title, names), "bold"),
    ...headings.map((heading, i) => cell(`  ${right(heading, widths[i] ?? 0)}`, "dim")),
  ];
  const body = shown.map((row) => [
    cell(`${INDENT}${left(row.who, whoWidth)}  `, row.style === "plain" ? "cyan" : row.style),
    cell(left(row.label, labelWidth), row.style),
    ...row.columns.map((text, i) => cell(`  ${right(text, widths[i] ?? 0)}`, row.style)),
  ]);
  const rest = remainder(rows.length - shown.length, idle);
  const foot = rest ? [[cell(`${INDENT}${rest}`, "dim")]] : [];
  return [head, ...body, ...foot].map((cells) => drawLine(cells, canvas)).join("");
}

const CELL = { least: 6, most: 24 };

function widest(
  texts: readonly string[],
  { least, most }: { readonly least: number; readonly most: number },
): number {
  return texts.reduce((width, text) => Math.max(width, Math.min(columns(text), most)), least);
}

function remainder(hidden: number, idle: number): string {
  const parts = [hidden > 0 ? `${count(hidden)} more` : "", idle > 0 ? `${count(idle)} idle` : ""].filter(
    Boolean,
  );
  return parts.length > 0 ? `and ${parts.join(", ")}` : "";
}
