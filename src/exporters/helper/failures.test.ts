import { expect, it } from "vitest";
import { StatusError } from "../../config/rpc-status/status.ts";
import { PermanentError } from "../../consumer/index.ts";
import { Counters } from "../../service/telemetry/counters.ts";
import { FailureCounter } from "./failures.ts";
import { InterruptedError, RetriesSpentError } from "./retry.ts";

const unavailable = new StatusError({ code: 14, message: "no" });
const timeout = new DOMException("The operation timed out.", "TimeoutError");

it.each([
  ["a server's refusal for now", new Error("x", { cause: unavailable }), "Unavailable", "false"],
  ["one for good", new PermanentError("x", { cause: unavailable }), "Unavailable", "true"],
  ["retries that were spent", new RetriesSpentError("x", { cause: unavailable }), "Unavailable", "false"],
  ["a shutdown", new InterruptedError("x", { cause: unavailable }), "Shutdown", "false"],
  ["a timeout", new RetriesSpentError("x", { cause: timeout }), "Deadline_Exceeded", "false"],
  ["what nobody has heard of", new Error("connection refused"), "_OTHER", "false"],
])("counts %s by its type", (_what, error, type, permanent) => {
  const counters = new Counters();
  new FailureCounter(counters, "failed", { exporter: "out" }).add(2, error);
  expect(counters.snapshot()).toEqual({
    'failed{exporter="out"}': 0,
    [`failed{exporter="out",error.type="${type}",error.permanent="${permanent}"}`]: 2,
  });
});
