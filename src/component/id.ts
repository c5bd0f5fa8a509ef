// Component and pipeline ids: `type` or `type/name`.

/** A parsed id. */
export interface Id {
  readonly type: string;
  /** Empty when the id is a type alone. */
  readonly name: string;
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const NAME = /^[^\p{Z}\p{C}\p{S}]+$/u;
const MAX_NAME_CHARS = 1024;

/** Parses an id; blanks around its parts are no part of it. Throws in the Collector's words. */
export function parseId(text: string): Id {
  const shown = JSON.stringify(text);
  const slash = text.indexOf("/");
  const type = (slash < 0 ? text : text.slice(0, slash)).trim();
  if (slash < 0 && type === "") throw new Error("id must not be empty");
  if (type === "") throw new Error(`in ${shown} id: the part before / should not be empty`);
  const name = slash < 0 ? "" : text.slice(slash + 1).trim();
  if (slash >= 0) checkName(name, shown);
  if (!TYPE.test(type))
    throw new Error(`in ${shown} id: invalid character(s) in type ${JSON.stringify(type)}`);
  return { type, name };
}

function checkName(name: string, shown: string): void {
  if (name === "") throw new Error(`in ${shown} id: the part after / should not be empty`);
  if (name.length > MAX_NAME_CHARS) {
    throw new Error(
      `in "${name}" id: name "${name}" is longer than ${MAX_NAME_CHARS} characters (${name.length} characters)`,
    );
  }
  if (!NAME.test(name))
    throw new Error(`in ${JSON.stringify(name)} id: invalid character(s) in name ${JSON.stringify(name)}`);
}

/** Writes an id as it is known everywhere else: without blanks. */
export function formatId({ type, name }: Id): string {
  return name === "" ? type : `${type}/${name}`;
}
