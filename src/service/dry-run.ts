// What `validate` sees that neither decoding nor the sections' own rules do: files, certificates, addresses.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { splitHostPort } from "../config/net.ts";
import { fileErrorText } from "../confmap/file-error.ts";
import { fieldName, type Holds, type Node, type StructNode } from "../confmap/node.ts";
import type { AgentConfig } from "./config.ts";

const PARTS = ["receivers", "processors", "exporters"] as const;

/** Looks at what the components that would run point to: `path::to::key: text` for each problem. */
export function dryRunProblems(config: AgentConfig): readonly string[] {
  return [...usedComponents(config)].flatMap(({ path, node, value }) => [...problemsIn(node, value, path)]);
}

interface Place {
  readonly path: string;
  readonly node: Node;
  readonly value: unknown;
}

function* usedComponents(config: AgentConfig): Iterable<Place> {
  const pipelines = Object.values(config.service.pipelines);
  const named = new Set(pipelines.flatMap((pipeline) => PARTS.flatMap((part) => pipeline[part])));
  const sections = { receivers: named, processors: named, exporters: named, connectors: named };
  const used = { ...sections, extensions: new Set(config.service.extensions) };
  for (const kind of ["receivers", "processors", "exporters", "connectors", "extensions"] as const) {
    for (const { id, factory, config: value } of config[kind].values()) {
      if (used[kind].has(id)) yield { path: `${kind}::${id}`, node: factory.config, value };
    }
  }
}

function* problemsIn(node: Node, value: unknown, path: string): Iterable<string> {
  if (value === undefined) return;
  switch (node.kind) {
    case "string": {
      const problem = node.holds && value !== "" && CHECKS[node.holds](value as string);
      if (problem) yield `${path}: ${problem}`;
      return;
    }
    case "optional":
      return yield* problemsIn(node.inner, value, path);
    case "list":
      for (const [index, item] of (value as unknown[]).entries())
        yield* problemsIn(node.element, item, `${path}::${index}`);
      return;
    case "map":
      for (const [key, item] of Object.entries(value as object))
        yield* problemsIn(node.element, item, `${path}::${key}`);
      return;
    case "struct":
      yield* problemsInStruct(node, value as Record<string, unknown>, path);
  }
}

function* problemsInStruct(
  node: StructNode,
  config: Record<string, unknown>,
  path: string,
): Iterable<string> {
  const isUnix = String(config.transport).startsWith("unix"); // Then an endpoint is a path.
  for (const [key, field] of Object.entries(node.fields)) {
    if (isUnix && field.kind === "string" && field.holds === "address") continue;
    yield* problemsIn(field, config[fieldName(key, field)], `${path}::${key}`);
  }
}

/** What is wrong with a string that is to hold something; undefined when nothing is. */
type Check = (text: string) => string | undefined;

const CHECKS: Readonly<Record<Holds, Check>> = {
  file: (path) => withFile(path, () => undefined),
  certificate_file: (path) => withFile(path, certificateProblem),
  key_file: (path) => withFile(path, keyProblem),
  certificate: certificateProblem,
  key: keyProblem,
  address: addressProblem,
};

function withFile(path: string, check: Check): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return fileErrorText(path, error as NodeJS.ErrnoException);
  }
  const problem = check(text);
  return problem && `${path}: ${problem}`;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

function certificateProblem(pem: string): string | undefined {
  const certificates = pem.match(CERTIFICATE);
  if (!certificates) return "has no PEM-encoded certificate";
  return failureOf("certificate", () => {
    for (const certificate of certificates) new X509Certificate(certificate);
  });
}

function keyProblem(pem: string): string | undefined {
  return failureOf("private key", () => void createPrivateKey(pem));
}

function failureOf(what: string, parse: () => void): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return `cannot parse the ${what}: ${(error as Error).message}`;
  }
}

/** Go's words for what a server could not listen on. */
function addressProblem(address: string): string | undefined {
  const { port, problem } = splitHostPort(address);
  if (problem !== undefined) return `address ${address}: ${problem}`;
  if (!/^\d+$/.test(port)) return `lookup tcp/${port}: unknown port`;
  return Number(port) > 65_535 ? `address ${port}: invalid port` : undefined;
}
