import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { PermanentError } from "../../consumer/index.ts";
import { ThrottledError } from "../helper/retry.ts";
import { toPipelineError } from "./status.ts";

function serviceError(code: number, details?: Uint8Array): ServiceError {
  const metadata = new Metadata();
  if (details) metadata.set("grpc-status-details-bin", Buffer.from(details));
  return Object.assign(new Error("grpc"), { code, details: "why", metadata });
}

/** google.rpc.Status{code: 8, details: [Any{RetryInfo{retry_delay: 2.5 s}}]}, as the official library encodes it. */
const RETRY_INFO = Buffer.from(
  "08081a360a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279" +
    "496e666f120a0a0808021080cab5ee01",
  "hex",
);

describe("toPipelineError", () => {
  it("reads the delay of a RetryInfo", () => {
    const error = toPipelineError(serviceError(status.RESOURCE_EXHAUSTED, RETRY_INFO));
    expect(error).toBeInstanceOf(ThrottledError);
    expect((error as ThrottledError).retryAfterMs).toBe(2500);
    expect(toPipelineError(serviceError(status.UNAVAILABLE, RETRY_INFO))).toBeInstanceOf(ThrottledError);
    expect(toPipelineError(serviceError(status.INVALID_ARGUMENT, RETRY_INFO))).toBeInstanceOf(PermanentError);
  });

  it("takes a connection that ended without a word for one that may be tried again", () => {
    const details = "Received RST_STREAM with code 0 (Call ended without gRPC status)";
    const error = toPipelineError(Object.assign(serviceError(status.INTERNAL), { details }));
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(error.message).toBe(`rpc error: code = Unavailable desc = ${details}`);
    expect(toPipelineError(serviceError(status.INTERNAL))).toBeInstanceOf(PermanentError);
  });

  it("goes by the code alone when the details are cut, other or garbage", () => {
    for (let length = 0; length < RETRY_INFO.length; length++) {
      const cut = RETRY_INFO.subarray(0, length);
      expect(toPipelineError(serviceError(status.UNAVAILABLE, cut))).not.toBeInstanceOf(ThrottledError);
      expect(toPipelineError(serviceError(status.RESOURCE_EXHAUSTED, cut))).toBeInstanceOf(PermanentError);
    }
    const garbage = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256));
    expect(toPipelineError(serviceError(status.UNAVAILABLE, garbage))).not.toBeInstanceOf(PermanentError);
  });

  it("names codes as the Collector does, and unknown ones by number", () => {
    expect(toPipelineError(serviceError(status.CANCELLED)).message).toBe(
      "rpc error: code = Canceled desc = why",
    );
    expect(toPipelineError(serviceError(99)).message).toBe("rpc error: code = Code(99) desc = why");
    expect(toPipelineError(serviceError(99))).toBeInstanceOf(PermanentError);
  });
});
