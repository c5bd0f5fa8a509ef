import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { patternProblem, RoutePatterns } from "./route-pattern.ts";
import { routeShape } from "./route-shape.ts";
import { Routes } from "./routes.ts";

const long = "abcdefghij".repeat(3);

/** Paths of many shapes; the table is about which of them are one. */
const PATHS = [
  "/",
  "//",
  "/a",
  "/a/",
  "/users/42",
  "/users/43",
  "/users/a1b2",
  "/users/me",
  "/users/42/orders",
  "/users/me/orders",
  "/v1/x",
  "/v2/x",
  "/V1/x",
  "/v12/x",
  "/v123/x",
  "/v/x",
  "/1v/x",
  "/x.html",
  "/x-y_z~.w",
  "/x%20y",
  "/x+y",
  "/x:y",
  "/ü/x",
  `/${long}ab`,
  `/${long}abc`,
  `/${long}abd`,
  `/${"a/".repeat(140)}b`,
  `/${"a/".repeat(140)}c`,
  `/${"x".repeat(250)}/a`,
  `/${"y".repeat(250)}/b`,
  "/a//b",
  "/a/b/",
  "/A/b",
];

/** The kernel's hash of each path's shape: bpf/http_route_parse.h, compiled for this host. */
function kernelHashes(paths: readonly string[], whole = false): string[] {
  const folder = mkdtempSync(join(tmpdir(), "route-shape-"));
  try {
    const source = join(folder, "shape.c");
    const program = join(folder, "shape");
    writeFileSync(source, HARNESS);
    const include = fileURLToPath(new URL("../../../bpf", import.meta.url));
    execFileSync("cc", [`-DWHOLE=${whole ? 1 : 0}`, "-O1", "-w", "-o", program, "-I", include, source]);
    const input = Buffer.from(paths.map((path) => `${path} HTTP/1.1\r\n`).join("\0"), "latin1");
    return execFileSync(program, { input }).toString().trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HARNESS = `
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>
#include "http_route_parse.h"
static char input[1 << 20];
int main(void)
{
	size_t length = fread(input, 1, sizeof(input) - 1, stdin);
	for (size_t at = 0; at < length; at += strlen(input + at) + 1) {
		static __u8 window[2 * HTTP_WINDOW + HTTP_SLACK];
		memset(window, 'Z', sizeof(window));
		memcpy(window + 4, input + at, strlen(input + at));
		struct http_shape shape;
		http_begin_shape(&shape, 4);
		for (int i = 0; i < HTTP_SHAPE_BYTES; i += HTTP_SHAPE_SOME)
			if (!http_shape_some(&shape, window, 4 + strlen(input + at), WHOLE))
				break;
		printf("%llx\\n", (unsigned long long)http_end_shape(&shape, WHOLE));
	}
}
`;

test("gives one name to the paths that the kernel counts as one, and different names to others", () => {
  const hashes = kernelHashes(PATHS);
  const names = PATHS.map(routeShape);
  const groups = (keys: readonly string[]) => keys.map((key) => keys.indexOf(key));
  expect(groups(names)).toEqual(groups(hashes));
});

test("gives each path that the kernel counts by itself its own name", () => {
  const hashes = kernelHashes(PATHS, true);
  const routes = new Routes({ patterns: [], unmatched: "path", limit: 100 });
  const names = PATHS.map((path) => routes.routeOf(path)!);
  const groups = (keys: readonly string[]) => keys.map((key) => keys.indexOf(key));
  expect(groups(names)).toEqual(groups(hashes));
  expect(new Set(names).size).toBe(PATHS.length - 1); // two differ only behind what counts
});

test("puts {id} in the place of values", () => {
  expect(routeShape("/v1/users/42/orders/550e8400-e29b-41d4-a716-446655440000")).toBe(
    "/v1/users/{id}/orders/{id}",
  );
  expect(routeShape("/users/me/")).toBe("/users/me/");
});

test.each([
  ["/users/{id}", "/users/42", true],
  ["/users/{id}", "/users/", false],
  ["/users/{id}", "/users/42/orders", false],
  ["/users/{id}", "/Users/42", false],
  ["/files/*", "/files/a", true],
  ["/files/*", "/files/a/b", false],
  ["/static/**", "/static/a/b/c", true],
  ["/static/**", "/static/", true],
  ["/static/**", "/static", true],
  ["/static/**", "/statics/a", false],
  ["/**", "/", true],
])("%s against %s: %s", (pattern, path, matched) => {
  expect(new RoutePatterns([pattern]).match(path)).toBe(matched ? pattern : undefined);
});

test("prefers what is more specific, whatever the order", () => {
  const patterns = new RoutePatterns(["/**", "/users/*", "/users/{id}/orders", "/users/me", "/users/me/**"]);
  expect(
    ["/users/me", "/users/42", "/users/42/orders", "/users/me/orders", "/x"].map((path) =>
      patterns.match(path),
    ),
  ).toEqual(["/users/me", "/users/*", "/users/{id}/orders", "/users/me/**", "/**"]);
});

test.each([
  ["users", "must begin with /"],
  ["/a?b", "must be a path, without query"],
  ["/a/**/b", "may have ** only at its end"],
  ["/a/{id", 'has "{id": a segment is a name, {name}, * or **'],
  ["/a/x{id}", 'has "x{id}": a segment is a name, {name}, * or **'],
])("says what is wrong with %s", (pattern, problem) => {
  expect(patternProblem(pattern)).toBe(problem);
});

test("names unmatched paths as the user wants", () => {
  const named = (["shape", "path", "wildcard", "unset"] as const).map(
    (unmatched) => new Routes({ patterns: ["/a/{b}"], unmatched, limit: 100 }),
  );
  expect(named.map((routes) => routes.routeOf("/x/42"))).toEqual(["/x/{id}", "/x/42", "/**", undefined]);
  expect(named.map((routes) => routes.routeOf("/a/42"))).toEqual(Array(4).fill("/a/{b}"));
});
