import type { Processor, Settings } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import type { Capabilities, Consumer, Context } from "../../consumer/index.ts";
import {
  type AnyValue,
  type AttributeKey,
  attributeKey,
  type Signal,
  type SignalData,
} from "../../pdata/index.ts";
import { EditingProcessor } from "../helper/editing.ts";
import type { ResourceDetectionConfig } from "./config.ts";
import { DETECTORS, type Detected, type DetectorName, type Surroundings } from "./detectors/index.ts";

/** Adds what the detectors found to every resource. They look when the processor starts, and then once per interval. */
export class ResourceDetectionProcessor<S extends Signal> implements Processor<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #config: ResourceDetectionConfig;
  readonly #surroundings: Surroundings;
  readonly #edit: EditingProcessor<S>;
  #detected: readonly (readonly [AttributeKey, AnyValue])[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    settings: Settings,
    config: ResourceDetectionConfig,
    surroundings: Surroundings,
    next: Consumer<S>,
  ) {
    this.#settings = settings;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#edit = new EditingProcessor<S>(
      () => ({ resource: ({ attributes }) => this.#add(attributes) }),
      next,
    );
  }

  async start(): Promise<void> {
    this.#detect(this.#config.failOnMissingMetadata);
    await this.#edit.start();
    const { refreshIntervalMs } = this.#config;
    if (refreshIntervalMs > 0) {
      this.#timer = setInterval(() => this.#detect(false), timerMs(refreshIntervalMs)).unref();
    }
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#edit.shutdown();
  }

  consume(data: SignalData[S], context?: Context): Promise<void> {
    return this.#edit.consume(data, context);
  }

  /** The first detector to find an attribute wins. What was found before stays where a detector fails. */
  #detect(strict: boolean): void {
    const merged = new Map<string, AnyValue>();
    for (const name of this.#config.detectors) {
      for (const [key, value] of this.#ask(name as DetectorName, strict) ?? []) {
        if (!merged.has(key)) merged.set(key, value);
      }
    }
    if (merged.size === 0 && this.#detected.length > 0) return;
    this.#detected = [...merged].map(([key, value]) => [attributeKey(key), value] as const);
    const attributes = Object.fromEntries([...merged].map(([key, value]) => [key, String(value)]));
    this.#settings.logger.info({ resource: attributes }, "detected resource information");
  }

  #ask(name: DetectorName, strict: boolean): Detected | undefined {
    try {
      return DETECTORS[name](this.#surroundings, this.#config.system);
    } catch (cause) {
      const error = (cause as Error).message;
      if (strict)
        throw new Error(`failed to detect resource: detector ${JSON.stringify(name)}: ${error}`, { cause });
      this.#settings.logger.warn({ detector: name, error }, "failed to detect resource");
      return undefined;
    }
  }

  #add(attributes: { has(key: AttributeKey): boolean; set(key: AttributeKey, value: AnyValue): void }): void {
    const { override } = this.#config;
    for (const [key, value] of this.#detected)
      if (override || !attributes.has(key)) attributes.set(key, value);
  }
}
