import { type Schema, struct } from "../../confmap/schema.ts";

/** The user's `forward` section, which has no keys. */
export type ForwardConfig = Readonly<Record<never, never>>;

export const forwardConfig: Schema<ForwardConfig> = struct("forwardconnector.Config", {});
