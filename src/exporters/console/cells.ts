// Lines made of coloured cells, so that widths are known without counting escape sequences.

/** SGR parameters of the few styles there are. */
const STYLES = {
  plain: "",
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  magenta: "35",
  cyan: "36",
} as const;

export type Style = keyof typeof STYLES;

export interface Cell {
  readonly text: string;
  readonly style: Style;
  /** Left out rather than cut where it does not fit. */
  readonly optional?: boolean;
}

/** What lines are drawn for. */
export interface Canvas {
  readonly color: boolean;
  /** Columns; what does not fit is cut. */
  readonly width: number;
}

export function cell(text: string, style: Style = "plain"): Cell {
  return { text, style };
}

/** A line of cells, cut to the canvas, without spaces at its end. */
export function drawLine(cells: readonly Cell[], { color, width }: Canvas): string {
  const fitting = cut(trimmed(cells), width);
  return `${fitting.map(({ text, style }) => (color ? painted(text, style) : text)).join("")}\n`;
}

/** `text` in `width` columns, cut with an ellipsis or padded. */
export function left(text: string, width: number): string {
  const length = columns(text);
  return length > width ? `${prefix(text, width - 1)}…` : text + " ".repeat(width - length);
}

export function right(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - columns(text))) + text;
}

/** Columns `text` takes; wide characters are not told apart. */
export function columns(text: string): number {
  return [...text].length;
}

/** Makes text from elsewhere safe for a terminal: control characters are shown, not obeyed. */
export function safe(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

function painted(text: string, style: Style): string {
  return style === "plain" || text.trim() === "" ? text : `\u001b[${STYLES[style]}m${text}\u001b[0m`;
}

function trimmed(cells: readonly Cell[]): Cell[] {
  const rest = [...cells];
  for (let last = rest.pop(); last; last = rest.pop()) {
    const text = last.text.trimEnd();
    if (text) return [...rest, { ...last, text }];
  }
  return rest;
}

function cut(cells: readonly Cell[], width: number): Cell[] {
  let room = width;
  const fitting: Cell[] = [];
  for (const { text: whole, style, optional } of cells) {
    const text = columns(whole) > room ? whole.trimEnd() : whole;
    const length = columns(text);
    if (length > room) {
      if (room > 0 && !optional) fitting.push({ text: `${prefix(text, room - 1)}…`, style });
      break;
    }
    fitting.push({ text, style });
    room -= length;
  }
  return fitting;
}

function prefix(text: string, width: number): string {
  return [...text].slice(0, width).join("");
}
