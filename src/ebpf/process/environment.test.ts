import { describe, expect, it } from "vitest";
import { NO_ENVIRONMENT, parseEnvironment, parseResourceAttributes } from "./environment.ts";

const block = (...variables: string[]): Buffer =>
  Buffer.from(variables.map((variable) => `${variable}\0`).join(""));

describe("parseEnvironment", () => {
  it("finds both variables among others", () => {
    const { serviceName, resourceAttributes } = parseEnvironment(
      block("PATH=/bin", "OTEL_SERVICE_NAME=checkout", "A=1", "OTEL_RESOURCE_ATTRIBUTES=a=b,c=d"),
    );
    expect(serviceName).toBe("checkout");
    expect([...resourceAttributes]).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("is not taken in by names inside other variables", () => {
    expect(
      parseEnvironment(block("X=OTEL_SERVICE_NAME=a", "MY_OTEL_SERVICE_NAME=b", "OTEL_SERVICE_NAMES=c")),
    ).toBe(NO_ENVIRONMENT);
  });

  it("takes the first of a name, as getenv does", () => {
    expect(parseEnvironment(block("OTEL_SERVICE_NAME=first", "OTEL_SERVICE_NAME=second")).serviceName).toBe(
      "first",
    );
  });

  it("treats an empty value as unset", () => {
    expect(parseEnvironment(block("OTEL_SERVICE_NAME=", "OTEL_RESOURCE_ATTRIBUTES=  "))).toBe(NO_ENVIRONMENT);
  });

  it("reads a block whose end is missing, and none at all", () => {
    expect(parseEnvironment(Buffer.from("OTEL_SERVICE_NAME=cu")).serviceName).toBe("cu");
    expect(parseEnvironment(Buffer.alloc(0))).toBe(NO_ENVIRONMENT);
  });

  it("replaces bytes that are not UTF-8", () => {
    expect(parseEnvironment(Buffer.from("OTEL_SERVICE_NAME=a\xffb\0", "latin1")).serviceName).toBe(
      "a\ufffdb",
    );
  });
});

describe("parseResourceAttributes", () => {
  it("decodes percent signs and trims what is around keys and values", () => {
    expect([...parseResourceAttributes(" k8s.pod.name = a%2Cb%3D%20c , team=caf%C3%A9,empty=,")]).toEqual([
      ["k8s.pod.name", "a,b= c"],
      ["team", "café"],
      ["empty", ""],
    ]);
  });

  it("keeps an equals sign in a value", () => {
    expect(parseResourceAttributes("a=b=c").get("a")).toBe("b=c");
  });

  it.each(["a=b,c", "a=b,=c", "a=%", "a=b,c=%zz", "a=%ff"])(
    "discards all of %j, as the specification says",
    (text) => {
      expect(parseResourceAttributes(text).size).toBe(0);
    },
  );
});
