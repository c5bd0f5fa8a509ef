import { describe, expect, it } from "vitest";
import { goRegExp } from "./go-regexp.ts";

describe("Go's regular expressions", () => {
  it.each([
    ["^/api/v1/.*$", "/api/v1/users", true],
    ["^(\\d+)$", "12", true],
    ["(?i)post", "A POST", true],
    ["(?i:post) office", "POST office", true],
    ["(?s)a.b", "a\nb", true],
    ["a.b", "a\nb", false],
    ["[[:alpha:]_]+\\z", "12ab_", true],
    ["^[^[:digit:]]+$", "a1", false],
    ["\\Qa.b\\E.c", "a.bxc", true],
    ["\\Qa.b\\E.c", "axbxc", false],
    ["\\Ahttp", "xhttp", false],
    ["user\\-agent\\_x", "user-agent_x", true],
    ["[\\w.\\-/]+@", "a-b/c.d@", true],
    ["[]a]", "]", true],
    ["^\\x{1F600}$", "😀", true],
    ["(?m)^b\\z", "a\nb", true],
    ["(?m)\\Ab", "a\nb", false],
    ["^\\p{Greek}\\pL$", "αb", true],
    ["^\\x41\\x{42}$", "AB", true],
  ])("%s on %j: %s", (pattern, text, expected) => {
    expect(goRegExp(pattern).test(text)).toBe(expected);
  });

  it("gives groups by number and their names, whatever they begin with", () => {
    const expression = goRegExp("^(?P<protocol>.*)://(?<1st>[^.]+)(\\..*)?$");
    expect(expression.groupNames).toEqual(["protocol", "1st", ""]);
    expect(expression.groups("https://www")).toEqual(["https", "www", ""]);
    expect(expression.groups("nothing")).toBeUndefined();
  });

  it.each(["(", "a(?=b)", "(?<!a)b", "(a)\\1", "[[:nope:]]", "(?P<a-b>x)", "\\q", "\\8"])(
    "refuses %s",
    (pattern) => {
      expect(() => goRegExp(pattern)).toThrow(SyntaxError);
    },
  );

  it("takes no exponential time", () => {
    expect(goRegExp("^(a+)+$").test(`${"a".repeat(40)}b`)).toBe(false);
  });
});
