import { expect, it } from "vitest";
import { backlogRoom, inBacklog } from "./backlog.ts";

const MIB = 1 << 20;

it("makes those who bring more wait while much is being compressed, until it has been, well or not", async () => {
  expect(backlogRoom()).toBeUndefined();
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const compressions = [inBacklog(6 * MIB, first.promise), inBacklog(6 * MIB, second.promise)];
  let entered = 0;
  const entering = [1, 2].map(() => backlogRoom()!.then(() => entered++));
  await new Promise(setImmediate);
  expect(entered).toBe(0);
  first.reject(new Error("no memory"));
  await expect(compressions[0]).rejects.toThrow("no memory");
  await Promise.all(entering);
  expect(backlogRoom()).toBeUndefined();
  second.resolve("compressed");
  expect(await compressions[1]).toBe("compressed");
});
