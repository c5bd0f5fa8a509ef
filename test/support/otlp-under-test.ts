// The otlp receiver on ports of its own, before a consumer that a test can make say no.
import type { Component, Host } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import type { Consumer, Context } from "../../src/consumer/index.ts";
import type { Signal, SignalData } from "../../src/pdata/index.ts";
import { otlpReceiverFactory } from "../../src/receivers/otlp/factory.ts";
import { HostRecorder, LogRecorder, settings } from "./component.ts";

/** What came through the receiver. */
export interface Taken {
  readonly signal: Signal;
  readonly data: SignalData[Signal];
  readonly context: Context | undefined;
}

/** Keeps what it is given, unless `answer` rejects. */
export class SinkOf<S extends Signal> implements Consumer<S> {
  readonly capabilities = { mutatesData: false };
  readonly #signal: S;
  readonly #taken: Taken[];
  answer: (taken: Taken) => Promise<void> | void = () => {};

  constructor(signal: S, taken: Taken[]) {
    this.#signal = signal;
    this.#taken = taken;
  }

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    const taken = { signal: this.#signal, data, context };
    await this.answer(taken);
    this.#taken.push(taken);
  }
}

/** A running receiver. Stop it with `await using` or `stop`. */
export class OtlpUnderTest {
  readonly taken: Taken[] = [];
  readonly logger: LogRecorder = new LogRecorder();
  readonly host: HostRecorder = new HostRecorder();
  readonly sinks: { readonly [S in Signal]?: SinkOf<S> };
  readonly receiver: Component;

  private constructor(protocols: object, signals: readonly Signal[]) {
    this.sinks = Object.fromEntries(signals.map((signal) => [signal, new SinkOf(signal, this.taken)]));
    const config = parseConfig(otlpReceiverFactory.config, { protocols });
    this.receiver = otlpReceiverFactory.create(settings("otlp", this.logger), config, this.sinks);
  }

  /** Starts with these `protocols`. An endpoint that is not given is a free port of 127.0.0.1. */
  static async start(
    protocols: { readonly grpc?: object; readonly http?: object },
    signals: readonly Signal[] = ["traces", "metrics", "logs"],
  ): Promise<OtlpUnderTest> {
    const free = Object.entries(protocols).map(([name, section]) => [
      name,
      { endpoint: "127.0.0.1:0", ...section },
    ]);
    const test = new OtlpUnderTest(Object.fromEntries(free), signals);
    await test.receiver.start(test.host as Host);
    return test;
  }

  /** `host:port`, or a unix socket's path, as the log says. */
  get grpc(): string {
    return this.#endpoint("Starting GRPC server");
  }

  get http(): string {
    return this.#endpoint("Starting HTTP server");
  }

  get bytes(): Buffer[] {
    return this.taken.map(({ data }) => Buffer.from(data.bytes()));
  }

  /** Makes every signal's consumer answer like this from now on. */
  answer(answer: (taken: Taken) => Promise<void> | void): void {
    for (const sink of Object.values(this.sinks)) sink.answer = answer;
  }

  async stop(signal: AbortSignal = AbortSignal.timeout(5000)): Promise<void> {
    await this.receiver.shutdown(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(AbortSignal.abort());
  }

  #endpoint(message: string): string {
    return String(this.logger.records.find((record) => record.message === message)?.attributes.endpoint);
  }
}
