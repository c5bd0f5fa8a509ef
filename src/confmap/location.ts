// `scheme:opaque`, as locations and the insides of `${…}` are written.
import { ConfigError } from "./decode.ts";

/** A location that says nothing: nothing was fetched yet. */
export class LocationError extends ConfigError {}

/** Where something is to be had, and from which provider. */
export interface Location {
  readonly scheme: string;
  readonly opaque: string;
}

const URI = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s;

/** Reads a URI. Throws in the Collector's words. */
export function parseUri(uri: string): Location {
  const [, scheme, opaque] = URI.exec(uri) ?? [];
  if (scheme === undefined || opaque === undefined)
    throw new LocationError(`invalid uri: ${JSON.stringify(uri)}`);
  return { scheme, opaque };
}

/** Reads what `--config` was given: a URI, or the path of a file. Throws in the Collector's words. */
export function parseLocation(text: string): Location {
  const isPath = /^[A-z]:/.test(text) || !text.includes(":"); // The odd range is the Collector's.
  return isPath ? { scheme: "file", opaque: text } : parseUri(text);
}

/** A `--set` argument, `a.b=c`, as a location. Throws when there is no equal sign. */
export function locationOfSetting(setting: string): string {
  const equal = setting.indexOf("=");
  if (equal < 0) throw new Error("missing equal sign");
  const key = setting.slice(0, equal).replaceAll(".", DELIMITER).trim();
  return `yaml:${key}: ${setting.slice(equal + 1).trim()}`;
}

/** Separates keys within a key: `exporters::debug::verbosity: detailed`. */
export const DELIMITER = "::";
