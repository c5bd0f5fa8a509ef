// The otlp receiver before a pipeline that refuses at random: what was answered OK is exactly what came through.
import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { PermanentError } from "../../src/consumer/index.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { data } from "../support/data.ts";
import { GrpcCaller, METHODS } from "../support/grpc-call.ts";
import { post } from "../support/http-post.ts";
import { OtlpUnderTest } from "../support/otlp-under-test.ts";
import { random } from "../support/random.ts";

const SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];

/** Sends a request and says how it was answered. */
type Send = (signal: Signal, request: Buffer) => Promise<"taken" | "later" | "never">;

function byGrpc(caller: GrpcCaller): Send {
  return async (signal, request) => {
    const { code } = await caller.call(METHODS[signal], request);
    if (code === status.OK) return "taken";
    return code === status.UNAVAILABLE ? "later" : "never";
  };
}

function byHttp(target: string): Send {
  return async (signal, request) => {
    const answer = await post(target, `/v1/${signal}`, request);
    if (answer.status === 200) return "taken";
    return answer.status === 503 ? "later" : "never";
  };
}

describe.each(["grpc", "http"] as const)(
  "receiver otlp over %s before a pipeline that refuses at random",
  (protocol) => {
    it.each([1, 2, 3, 4, 5])("answers as the pipeline did (%i)", async (seed) => {
      await using otlp = await OtlpUnderTest.start({ [protocol]: {} });
      const chance = random(seed);
      const refused = { later: 0, never: 0 };
      otlp.answer(async ({ data: given }) => {
        const mood = chance();
        if (chance() < 0.5) await sleep(chance() * 5);
        if (mood < 0.6) return;
        refused[mood < 0.8 ? "later" : "never"] += given.itemCount;
        throw mood < 0.8 ? new Error("busy") : new PermanentError("bad data");
      });
      using caller = new GrpcCaller(protocol === "grpc" ? otlp.grpc : "localhost:1");
      const send = protocol === "grpc" ? byGrpc(caller) : byHttp(otlp.http);
      const answered = { taken: 0, later: 0, never: 0 };
      const sent = Array.from({ length: 100 }, async () => {
        const signal = SIGNALS[Math.floor(chance() * 3)]!;
        const request = data(signal, 1 + Math.floor(chance() * 20));
        const outcome = await send(signal, Buffer.from(request.bytes()));
        answered[outcome] += request.itemCount;
      });
      await Promise.all(sent);
      const taken = otlp.taken.reduce((sum, { data: given }) => sum + given.itemCount, 0);
      expect(answered).toEqual({ taken, ...refused });
      expect(Math.min(taken, refused.later, refused.never)).toBeGreaterThan(0);
    });
  },
);
