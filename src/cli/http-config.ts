import { ConfigError } from "../confmap/decode.ts";
import type { EbpfHttpConfig } from "../receivers/ebpf_http/config.ts";
import { configSource } from "./config-flags.ts";
import { getConfig } from "./configuration.ts";
import type { Flags } from "./flags.ts";
import { silent } from "./loggers.ts";

const TYPE = "ebpf_http";

/**
 * The section of the receiver `ebpf_http` in the configuration that is given; undefined without one. Throws a ConfigError
 * when there is more or less than one such receiver, a UsageError when there is something to set but nothing to set it in.
 */
export async function httpConfig(flags: Flags): Promise<EbpfHttpConfig | undefined> {
  if (!flags.values.config && !flags.values.set) return undefined;
  const { receivers } = await getConfig(await configSource(flags), silent);
  const found = [...receivers.values()].filter(({ factory }) => factory.type === TYPE);
  const [one] = found;
  if (!one || found.length > 1)
    throw new ConfigError(`the configuration has ${found.length} receivers ${TYPE}: one is needed`);
  return one.config as EbpfHttpConfig;
}
