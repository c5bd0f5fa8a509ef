// Conversations made up at random, the same in every run: any mix of messages, through any calls, cut anywhere.
import type { Conversation } from "../conversation.ts";
import { type Case, chunks, type ExpectedRequest, fields, httpCase, seen } from "./case.ts";

const SEEDS = 40;
/** Pieces of bodies, chosen to be mistaken for heads, chunks and ends. */
const TEXTS = [
  "GET / HTTP/1.1\r\n",
  "\r\n\r\n",
  "HTTP/1.1 200 OK\r\n",
  "0\r\n\r\n",
  "Content-Length: 5\r\n",
  "abc",
  "\n",
  "5\r\n",
];
const SENDS = ["write", "send", "sendmsg", "writev", "sendmmsg"];
const RECEIVES = ["read", "recv", "recvfrom", "readv", "recvmsg"];

/** A linear congruential generator. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  text(pieces: number): string {
    return Array.from({ length: this.below(pieces) }, () => this.one(TEXTS)).join("");
  }
}

interface Message {
  readonly bytes: string;
  readonly body: number;
}

/** The fields and the body of a message, framed in one of the ways there are. */
function framed(dice: Dice, start: string, bodies: boolean): Message {
  const extra = fields(dice.below(6), 10 + dice.below(150));
  const body = dice.text(dice.one([2, 10, 300]));
  const lines = (...own: readonly string[]) => [start, ...extra, ...own, "", ""].join("\r\n");
  if (!bodies) return { bytes: lines(), body: 0 };
  if (dice.below(2)) return { bytes: lines(`Content-Length: ${body.length}`) + body, body: body.length };
  const pieces = Array.from({ length: dice.below(5) }, () => dice.text(8)).filter(Boolean);
  return { bytes: lines("Transfer-Encoding: chunked") + chunks(...pieces), body: pieces.join("").length };
}

interface Pair {
  readonly request: Message;
  readonly response: Message;
  readonly expected: ExpectedRequest;
}

function makePair(dice: Dice, number: number): Pair {
  const method = dice.one(["GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"]);
  const status = dice.one([200, 200, 201, 204, 304, 404, 500]);
  const target = `/random/${number}?${"q".repeat(dice.below(40))}`;
  const request = framed(dice, `${method} ${target} HTTP/1.1`, method === "POST" || method === "PUT");
  const empty = method === "HEAD" || status === 204 || status === 304;
  const bare = { bytes: `HTTP/1.1 ${status} X\r\nX-A: b\r\n\r\n`, body: 0 };
  const response = empty ? bare : framed(dice, `HTTP/1.1 ${status} Some Reason`, true);
  const interim = dice.below(5) ? "" : "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n";
  const expected = seen(method, target, status, { requestBody: request.body, responseBody: response.body });
  return { request, response: { ...response, bytes: interim + response.bytes }, expected };
}

/** Sends and receives `bytes` in a few cuts. */
function transfer(talk: Conversation, dice: Dice, from: string, to: string, bytes: string): void {
  const cuts = 1 + dice.below(5);
  let rest = bytes;
  for (let i = 1; i <= cuts && rest; i++) {
    const length = i === cuts ? rest.length : 1 + dice.below(rest.length);
    send(talk, dice, from, rest.slice(0, length));
    rest = rest.slice(length);
    const call = dice.one(RECEIVES);
    const sizes = Array.from(
      { length: call.endsWith("v") || call.endsWith("msg") ? 8 : 1 },
      () => 1 + dice.below(700),
    );
    talk.receive(to, `${call}:${sizes.join(",")}`);
  }
}

/** One call; where it takes several buffers, the bytes are cut among up to six. */
function send(talk: Conversation, dice: Dice, from: string, bytes: string): void {
  const call = dice.one(SENDS);
  if (call === "write" || call === "send") {
    talk.send(from, call, bytes);
    return;
  }
  const marks = Array.from({ length: dice.below(6) }, () => dice.below(bytes.length)).sort((a, b) => a - b);
  const parts = [...marks, bytes.length].map((mark, i) => bytes.slice(marks[i - 1] ?? 0, mark));
  // A message without bytes is nothing that anybody sends.
  talk.send(from, call, ...(call === "sendmmsg" ? parts.filter(Boolean) : parts));
}

function randomCase(seed: number): Case {
  const dice = new Dice(seed);
  const rounds = Array.from({ length: 1 + dice.below(4) }, (_, round) =>
    Array.from({ length: 1 + dice.below(dice.one([1, 1, 4])) }, (_, i) => makePair(dice, round * 10 + i)),
  );
  const hold = (talk: Conversation) => {
    talk.connect();
    for (const pairs of rounds) {
      transfer(talk, dice, "c", "s", pairs.map(({ request }) => request.bytes).join(""));
      transfer(talk, dice, "s", "c", pairs.map(({ response }) => response.bytes).join(""));
    }
    return talk.close();
  };
  return httpCase(
    `at random, seed ${seed}`,
    hold,
    rounds.flat().map(({ expected }) => expected),
  );
}

/** Conversations by seed. */
export const randomCases: readonly Case[] = Array.from({ length: SEEDS }, (_, i) => randomCase(i + 1));
