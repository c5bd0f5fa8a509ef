// A name server on 127.0.0.1 that knows one answer: the IPv4 addresses it was given, for every name.
import { createSocket } from "node:dgram";
import { once } from "node:events";

const HEADER_BYTES = 12;
const TYPE_A = 1;
/** A pointer to the name in the question, type A, class IN, a time to live of 60 s, four bytes. */
const RECORD_HEAD = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4]);

export interface DnsServer extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
}

/** Answers until it is disposed of. `addresses` may change meanwhile. */
export async function startDns(addresses: readonly string[]): Promise<DnsServer> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => socket.send(answer(query, addresses), port, address));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function answer(query: Buffer, addresses: readonly string[]): Buffer {
  const nameEnd = query.indexOf(0, HEADER_BYTES) + 1;
  const question = query.subarray(HEADER_BYTES, nameEnd + 4);
  const records = query.readUInt16BE(nameEnd) === TYPE_A ? addresses : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2); // The id.
  header.writeUInt16BE(0x8580, 2); // An authoritative answer without error.
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const bodies = records.flatMap((record) => [RECORD_HEAD, Buffer.from(record.split(".").map(Number))]);
  return Buffer.concat([header, question, ...bodies]);
}
