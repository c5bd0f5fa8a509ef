// The whole table of HTTP/1.x conversations.
import { answeredCases } from "./cases/answered.ts";
import { callCases } from "./cases/calls.ts";
import type { Case } from "./cases/case.ts";
import { chunkedCases } from "./cases/chunked.ts";
import { framingCases } from "./cases/framing.ts";
import { interimCases } from "./cases/interim.ts";
import { lifetimeCases } from "./cases/lifetime.ts";
import { olderCases } from "./cases/older.ts";
import { pipeliningCases } from "./cases/pipelining.ts";
import { processCases } from "./cases/processes.ts";
import { randomCases } from "./cases/random.ts";
import { syntaxCases } from "./cases/syntax.ts";

export type { Case, ExpectedRequest, Failure } from "./cases/case.ts";
export { type Garbage, type GarbageKind, garbageTable } from "./cases/garbage.ts";

/** Every case, in one list; names are unique. */
export const cases: readonly Case[] = [
  ...framingCases,
  ...chunkedCases,
  ...interimCases,
  ...pipeliningCases,
  ...answeredCases,
  ...callCases,
  ...lifetimeCases,
  ...olderCases,
  ...processCases,
  ...syntaxCases,
  ...randomCases,
];
