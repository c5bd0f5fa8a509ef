// HTML without a library: pages that need nothing but themselves.

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Writes HTML; everything that is filled in is escaped, unless it is HTML itself. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(
    parts.map((part, index) => (index === 0 ? part : rendered(values[index - 1]) + part)).join(""),
  );
}

function rendered(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(rendered).join("");
  return String(value ?? "").replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const STYLE = new Html(`
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #2a7d3f; --bad: #c0392b; --busy: #b7791f; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
nav { display: flex; gap: 1.2rem; border-bottom: 1px solid var(--line); padding-bottom: .6rem; }
nav a { color: inherit; text-decoration: none; opacity: .7; }
nav a[aria-current] { font-weight: 600; opacity: 1; }
h1 { font-size: 1.5rem; margin: 1.2rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; opacity: .7; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
small { opacity: .6; font-weight: normal; }
.ok { color: var(--good); } .error { color: var(--bad); } .busy { color: var(--busy); }
`);

const PAGES = [
  ["servicez", "Service"],
  ["pipelinez", "Pipelines"],
  ["extensionz", "Extensions"],
  ["featurez", "Feature gates"],
] as const;

/** A whole page; `refreshSeconds` makes it show what has changed since. */
export function page(path: string, title: string, body: Html, refreshSeconds = 0): string {
  const links = PAGES.map(([name, text]) =>
    name === path
      ? html`<a href="/debug/${name}" aria-current="page">${text}</a>`
      : html`<a href="/debug/${name}">${text}</a>`,
  );
  const refresh = refreshSeconds > 0 ? html`<meta http-equiv="refresh" content="${refreshSeconds}">` : "";
  return html`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<title>${title}</title><style>${STYLE}</style></head>
<body><nav>${links}</nav><h1>${title}</h1>${body}</body>
</html>
`.text;
}
