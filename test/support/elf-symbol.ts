// Where a dynamic symbol's code lies in its ELF file, found independently of libbpf.
import { closeSync, openSync, readSync } from "node:fs";

const SHT_DYNSYM = 11;
const PT_LOAD = 1;

/** Offset in the file of the function's first byte. Throws where the file does not export it. */
export function fileOffset(path: string, symbol: string): number {
  const fd = openSync(path, "r");
  const at = (offset: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(bytes);
    readSync(fd, buffer, 0, bytes, offset);
    return buffer;
  };
  try {
    return offsetOf(at, addressOf(at, symbol));
  } finally {
    closeSync(fd);
  }
}

type ReadAt = (offset: number, bytes: number) => Buffer;

function u64(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

/** The table's rows; its place is told by the ELF header at these offsets. */
function rows(at: ReadAt, start: number, size: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => at(start + i * size, size));
}

function addressOf(at: ReadAt, symbol: string): number {
  const header = at(0, 64);
  const sections = rows(at, u64(header, 40), header.readUInt16LE(58), header.readUInt16LE(60));
  const table = sections.find((section) => section.readUInt32LE(4) === SHT_DYNSYM);
  if (!table) throw new Error("no dynamic symbols");
  const names = sections[table.readUInt32LE(40)]!;
  const strings = at(u64(names, 24), u64(names, 32));
  const name = strings.indexOf(`\0${symbol}\0`) + 1;
  const symbols = at(u64(table, 24), u64(table, 32));
  for (let entry = 0; entry < symbols.length; entry += 24) {
    if (name > 0 && symbols.readUInt32LE(entry) === name) return u64(symbols, entry + 8);
  }
  throw new Error(`no dynamic symbol ${symbol}`);
}

function offsetOf(at: ReadAt, address: number): number {
  const header = at(0, 64);
  const segments = rows(at, u64(header, 32), header.readUInt16LE(54), header.readUInt16LE(56));
  for (const segment of segments) {
    const [offset, start, size] = [u64(segment, 8), u64(segment, 16), u64(segment, 32)];
    if (segment.readUInt32LE(0) === PT_LOAD && address >= start && address < start + size)
      return address - start + offset;
  }
  throw new Error(`address ${address} is in no segment`);
}
