// The case tables themselves: each script plays, moves the bytes it says, and agrees with a second reader of HTTP.
import { describe, expect, test } from "vitest";
import { type Case, cases, garbageTable } from "../support/cases.ts";
import type { Conversation } from "../support/conversation.ts";
import { exchangesSeenBy } from "../support/reference.ts";
import { fnv1a, playTalk, type TalkReport } from "../support/talk.ts";

/** What `report` says was moved, in the script's order. */
function moved(talk: Conversation, report: TalkReport) {
  return talk.steps.flatMap(({ actor, moves }, i) => {
    const { bytes, hash } = report.steps[i]!;
    return moves ? [moves.sent ? { actor, bytes } : { actor, bytes, hash }] : [];
  });
}

/** What the script says is moved; a receiving step must have got exactly the bytes of its place in the stream. */
function stated(talk: Conversation) {
  const positions = new Map<string, number>();
  return talk.steps.flatMap(({ actor, moves, connection }) => {
    if (!moves) return [];
    if (moves.sent) return [{ actor, bytes: moves.bytes }];
    const key = `${connection} ${moves.direction}`;
    const from = positions.get(key) ?? 0;
    positions.set(key, from + moves.bytes);
    const { sent } = talk.stream(connection, moves.direction);
    return [{ actor, bytes: moves.bytes, hash: fnv1a(sent.subarray(from, from + moves.bytes)) }];
  });
}

/** Expectations without what the second reader cannot know. */
function readable(requests: Case["client"]) {
  return requests.map(({ failure: _, ...rest }) => rest);
}

describe("the case table", () => {
  test("has unique names", () => {
    const names = [...cases, ...garbageTable].map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  for (const { name, talk } of [...cases, ...garbageTable])
    test(`plays: ${name}`, async () => {
      const report = await playTalk(talk);
      expect(moved(talk, report)).toEqual(stated(talk));
      expect(report.steps.length).toBe(talk.steps.length);
      expect(report.connections.filter(({ actor }) => /^[cde]$/.test(actor)).length).toBe(
        talk.connectionCount,
      );
    });

  for (const { name, talk, client, server } of cases.filter(({ attachLate }) => !attachLate))
    test(`is read alike by a second reader: ${name}`, () => {
      const sides = [exchangesSeenBy("client", talk), exchangesSeenBy("server", talk)];
      const [seenByClient, seenByServer] = sides.map((exchanges) =>
        exchanges.map(({ requestWire, responseWire, requestStart, responseEnd, ...rest }) => rest),
      );
      expect(seenByClient).toEqual(readable(client));
      expect(seenByServer).toEqual(readable(server));
    });
});
