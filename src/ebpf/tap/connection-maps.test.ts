import { expect, test } from "vitest";
import type { BpfMap } from "../../native/libbpf.ts";
import { http_conn } from "../layouts.gen.ts";
import { ConnectionMaps } from "./connection-maps.ts";

function connection(tgid: number, claims: number): Buffer {
  const value = Buffer.alloc(http_conn.size);
  value.writeUInt32LE(tgid, http_conn.tgid);
  value.writeUInt32LE(claims, http_conn.claims);
  return value;
}

test("reads the connections of both maps, without places that are free", () => {
  const places = [connection(11, 1), connection(0, 0), connection(13, 1)];
  const near = { maxEntries: 3, memory: () => new Uint8Array(Buffer.concat(places)).buffer };
  const far = {
    keySize: 8,
    maxEntries: 2,
    readAll(_keys: Buffer, values: Buffer) {
      connection(99, 0).copy(values);
      return 1;
    },
  };
  const { count, values } = new ConnectionMaps(near as unknown as BpfMap, far as unknown as BpfMap).read();
  const tgids = Array.from({ length: count }, (_, i) =>
    values.readUInt32LE(i * http_conn.size + http_conn.tgid),
  );
  expect(tgids).toEqual([99, 11, 13]);
});
