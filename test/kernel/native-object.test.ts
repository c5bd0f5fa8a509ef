// The addon's objects: opened from bytes, configured, loaded, closed; what it says when any of it is refused.
import { readdirSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BpfObject, StructField } from "../../src/native/libbpf.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { libbpf, load, open, testObject, thrown, u32 } from "../support/native.ts";

/** Descriptors of this process that are BPF maps, programs or links. */
function bpfDescriptors(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return /bpf/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false; // The one the listing itself had open.
    }
  }).length;
}

describeBpf("opening an object", () => {
  test("tells its programs and maps before it is loaded", () => {
    const object = open("maps");
    expect(object.programs.map(({ name, section, autoload }) => ({ name, section, autoload }))).toEqual([
      { name: "count_on_cpu", section: "raw_tp/sys_enter", autoload: true },
      { name: "write_mapped", section: "raw_tp/sys_enter", autoload: true },
      { name: "churn", section: "raw_tp/sys_enter", autoload: true },
    ]);
    expect(object.map("hash")).toMatchObject({
      name: "hash",
      type: 1,
      keySize: 4,
      valueSize: 16,
      maxEntries: 5000,
    });
    expect(object.maps.map((map) => map.name)).toContain("percpu_array");
    object.close();
  });

  test("refuses what is no object and names it", () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("not ELF"), Buffer.alloc(4096)]) {
      const error = thrown(() => libbpf.open("scrap", bytes));
      expect(error.message).toMatch(/^open scrap: /);
      expect(error.code).toMatch(/^(E|LIBBPF_ERRNO__)/);
    }
    expect(() => libbpf.open("scrap", "text" as never)).toThrow("bytes must be a typed array or Buffer");
  });

  test("survives an object cut off anywhere", () => {
    const bytes = testObject("maps");
    let refused = 0;
    for (let length = 0; length < bytes.length; length += 61) {
      try {
        libbpf.open("cut", bytes.subarray(0, length)).close();
      } catch (error) {
        expect(String(error)).toMatch(/open cut: /);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("reads the bytes where a view begins", () => {
    const bytes = testObject("refused");
    const padded = new Uint8Array(bytes.length + 24);
    padded.set(bytes, 16);
    const object = libbpf.open("view", padded.subarray(16, 16 + bytes.length));
    padded.fill(0); // It was copied.
    expect(object.program("harmless").section).toBe("raw_tp/sys_enter");
    object.close();
  });
});

describeBpf("rodata", () => {
  const layout = open("rodata").structs().seen;

  function seenWith(rodata: Record<string, number | bigint | boolean | Uint8Array>): Record<string, unknown> {
    const object = load("rodata", { rodata });
    object.program("copy_rodata").testRun();
    const map = object.map("seen_values");
    const value = Buffer.alloc(map.valueSize);
    expect(map.lookup(u32(0), value)).toBe(true);
    object.close();
    return Object.fromEntries((layout?.fields ?? []).map((field) => [field.name, content(value, field)]));
  }

  /** An integer as such, an array in hexadecimal. */
  function content(value: Buffer, { offset, size, type, length }: StructField): bigint | string {
    const bytes = value.subarray(offset, offset + size);
    if (length) return bytes.toString("hex");
    const bits = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    return type.startsWith("i") ? BigInt.asIntN(8 * size, bits) : bits;
  }

  test("keeps the object's own values where none is given", () => {
    expect(seenWith({})).toEqual({
      u64_value: 4n,
      i64_value: -4n,
      u32_value: 3n,
      i32_value: -3n,
      words: "070000000800000009000000",
      u16_value: 2n,
      i16_value: -2n,
      u8_value: 1n,
      i8_value: -1n,
      bool_value: 0n,
      bytes: "6162636400",
    });
  });

  test("sets integers of every width to their limits, booleans and arrays", () => {
    expect(
      seenWith({
        u8_value: 0xff,
        u16_value: 0xffff,
        u32_value: 0xffff_ffff,
        u64_value: 0xffff_ffff_ffff_ffffn,
        i8_value: -0x80,
        i16_value: -0x8000,
        i32_value: -0x8000_0000,
        i64_value: -0x8000_0000_0000_0000n,
        bool_value: true,
        bytes: Buffer.from([1, 2, 3, 4, 5]),
        words: new Uint8Array(Uint32Array.of(0x01020304, 0, 0xffff_ffff).buffer),
      }),
    ).toEqual({
      u64_value: 0xffff_ffff_ffff_ffffn,
      i64_value: -0x8000_0000_0000_0000n,
      u32_value: 0xffff_ffffn,
      i32_value: -0x8000_0000n,
      words: "0403020100000000ffffffff",
      u16_value: 0xffffn,
      i16_value: -0x8000n,
      u8_value: 0xffn,
      i8_value: -0x80n,
      bool_value: 1n,
      bytes: "0102030405",
    });
  });

  test("takes numbers for 64 bits and bigints for less", () => {
    expect(
      seenWith({ u64_value: 2 ** 53 - 1, i64_value: -(2 ** 53) + 1, u8_value: 9n, i8_value: -9n }),
    ).toMatchObject({
      u64_value: 9007199254740991n,
      i64_value: -9007199254740991n,
      u8_value: 9n,
      i8_value: -9n,
    });
  });

  test("refuses what does not fit, naming variable and size", () => {
    const bad: [string, number | bigint][] = [
      ["u8_value", 256],
      ["u8_value", -1],
      ["u8_value", -1n],
      ["i8_value", -129],
      ["i8_value", 128],
      ["u32_value", 2 ** 32],
      ["u32_value", 1.5],
      ["u32_value", Number.NaN],
      ["u64_value", Number.POSITIVE_INFINITY],
      ["u64_value", 2 ** 53], // No longer exact.
      ["u64_value", 1n << 64n],
      ["i64_value", -(1n << 63n) - 1n],
      ["i64_value", 1n << 63n],
      ["i16_value", -40_000n],
    ];
    for (const [name, value] of bad) {
      const error = thrown(() => open("rodata", { rodata: { [name]: value } }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(
        `set rodata ${name}: ${value} does not fit its ${name.replace("_value", "")}`,
      );
    }
    expect(() => open("rodata", { rodata: { words: 1 } })).toThrow(
      new TypeError("set rodata words: it takes 12 bytes in a typed array"),
    );
    expect(() => open("rodata", { rodata: { words: Buffer.alloc(4) } })).toThrow(
      new RangeError("rodata words has 4 bytes, must have 12"),
    );
    expect(() => open("rodata", { rodata: { u8_value: "1" as never } })).toThrow(TypeError);
  });

  test("names the known variables when one is not known", () => {
    const error = thrown(() => open("rodata", { rodata: { u8_valeu: 1 } }));
    expect(error.code).toBe("ENOENT");
    expect(error.message).toBe(
      "set rodata u8_valeu (known: bool_value bytes i16_value i32_value i64_value i8_value u16_value " +
        "u32_value u64_value u8_value words): ENOENT: no such file or directory",
    );
    expect(() => open("ring", { rodata: { any: 1 } })).toThrow("set rodata any (known: none)");
  });
});

describeBpf("loading an object", () => {
  test("loads only the programs it is told to", () => {
    const object = load("refused", { autoload: { read_null: false } });
    expect(object.program("read_null").autoload).toBe(false);
    expect(object.program("harmless").testRun()).toBe(7);
    expect(() => object.program("read_null").testRun()).toThrow("run read_null: it was not loaded");
    expect(() => object.program("read_null").attach()).toThrow("attach read_null: it was not loaded");
    expect(() => object.program("read_null").info()).toThrow("inspect read_null: it was not loaded");
    object.close();
  });

  test("says that it failed, and in the cause why the verifier refused", () => {
    const object = open("refused");
    const error = thrown(() => object.load());
    expect(error.message).toBe("load refused: EACCES: permission denied");
    expect(error.code).toBe("EACCES");
    expect(error.cause).toMatch(/prog 'read_null'/);
    expect(error.cause).toMatch(/invalid mem access 'map_value_or_null'/);
    object.close();
  });

  test("leaves nothing in the kernel after a refusal, and can't be loaded again", () => {
    const before = bpfDescriptors();
    const object = open("refused");
    expect(() => object.load()).toThrow("EACCES");
    expect(() => object.load()).toThrow("load refused: EINVAL");
    object.close();
    expect(bpfDescriptors()).toBe(before);
  });

  test("sizes maps as told", () => {
    const object = load("maps", { maps: { hash: { maxEntries: 17 }, ring: { maxEntries: 1 << 16 } } });
    expect(object.map("hash").maxEntries).toBe(17);
    expect(object.map("ring").ring().data.byteLength).toBe(2 << 16);
    expect(object.map("hash").memlockBytes()).toBeGreaterThan(0);
    object.close();
  });

  test("rounds a ring up to what the kernel takes, and tells that size from the start", () => {
    const object = open("maps", { maps: { ring: { maxEntries: 5000 } } });
    const ring = object.map("ring");
    expect(ring.maxEntries).toBe(8192);
    object.load();
    expect(ring.ring().data.byteLength).toBe(2 * 8192);
    object.close();
  });

  test("shares a map of another object", () => {
    const first = load("maps");
    const second = load("maps", { maps: { array: { reuse: first.map("array") } } });
    second.map("array").update(u32(3), Buffer.from("together"));
    const value = Buffer.alloc(8);
    first.close(); // The map stays with the second.
    expect(second.map("array").lookup(u32(3), value)).toBe(true);
    expect(value.toString()).toBe("together");
    second.close();
  });

  test("leaves out a map that is not to be created", () => {
    const object = load("maps", { maps: { trie: { autocreate: false } } });
    expect(() => object.map("trie").lookup(Buffer.alloc(8), Buffer.alloc(8))).toThrow(
      "use map trie: it was not created",
    );
    object.close();
  });

  test("refuses options that name or share nothing that is there", () => {
    const other = open("maps");
    expect(() => open("maps", { autoload: { nothing: true } })).toThrow(
      "find program nothing in maps (known: count_on_cpu write_mapped churn): ENOENT",
    );
    expect(() => open("maps", { maps: { nothing: {} } })).toThrow(
      "find map nothing in maps (known: percpu_array percpu_hash ",
    );
    expect(() => open("maps", { maps: { array: { reuse: other.map("array") } } })).toThrow(
      "it was not created",
    );
    for (const wrong of [other, {}, other.program("count_on_cpu"), new Proxy(other.map("array"), {})])
      expect(() => open("maps", { maps: { array: { reuse: wrong as never } } })).toThrow();
    expect(() => other.program("nothing")).toThrow(
      "find program nothing in maps (known: count_on_cpu write_mapped churn): ENOENT",
    );
    expect(() => other.map("nothing")).toThrow("find map nothing in maps (known: percpu_array percpu_hash ");
    other.close();
  });

  test("says what the kernel says of a size it does not have", () => {
    const object = open("maps", { maps: { array: { maxEntries: 0xffff_ffff } } });
    const error = thrown(() => object.load());
    expect(error.message).toMatch(/^load maps: E(2BIG|NOMEM|INVAL)/);
    expect(error.cause).toMatch(/map 'array': failed to create/);
    object.close();
  });

  test("can be closed twice, at any point, and then says so", () => {
    const before = bpfDescriptors();
    const object = load("maps");
    const map = object.map("array");
    const program = object.program("count_on_cpu");
    expect(bpfDescriptors()).toBeGreaterThan(before);
    object.close();
    object.close();
    expect(bpfDescriptors()).toBe(before);
    expect(() => object.load()).toThrow("use maps: it was closed");
    expect(() => object.structs()).toThrow("use maps: it was closed");
    expect(() => object.programs).toThrow("use maps: it was closed");
    expect(() => map.lookup(u32(0), Buffer.alloc(8))).toThrow("use map array: its object was closed");
    expect(() => program.attach()).toThrow("use program count_on_cpu: its object was closed");
    const unloaded = open("maps");
    unloaded.close();
    unloaded.close();
  });

  test("can't be made or called by hand", () => {
    const object = open("maps");
    const map = object.map("array");
    for (const made of [map, object.program("count_on_cpu")]) {
      const Class = made.constructor as new (...given: unknown[]) => unknown;
      expect(() => new Class()).toThrow("illegal constructor");
      expect(() => new Class({})).toThrow("illegal constructor");
    }
    expect(() => map.lookup.call(object as never, u32(0), u32(0))).toThrow();
    object.close();
  });
});

describeBpf("struct layouts", () => {
  let object: BpfObject;
  beforeAll(() => {
    object = open("structs");
  });
  afterAll(() => object.close());

  test("tell each field's place, size and type, with anonymous members in line", () => {
    expect(object.structs().point).toEqual({
      name: "point",
      size: 8,
      fields: [
        { name: "x", offset: 0, size: 4, type: "i32" },
        { name: "y", offset: 4, size: 4, type: "i32" },
      ],
    });
    expect(object.structs().shapes?.size).toBe(104);
    const fields = object.structs().shapes?.fields ?? [];
    expect(
      fields.map(({ name, offset, size, type, length }) => [name, offset, size, type, length].join(" ")),
    ).toEqual([
      "u64_field 0 8 u64 ",
      "i64_field 8 8 i64 ",
      "pointer 16 8 ptr ",
      "point 24 8 struct point ",
      "path 32 24 struct point 3",
      "grid 56 16 u16 8",
      "text 72 6 i8 6",
      "u16_field 78 2 u16 ",
      "i16_field 80 2 i16 ",
      "u8_field 82 1 u8 ",
      "i8_field 83 1 i8 ",
      "colour 84 4 u32 ",
      "ipv4 88 4 u32 ",
      "octets 88 4 u8 4",
      "port 92 2 u16 ",
      "family 94 2 u16 ",
      "flag 96 1 u8 ",
      "tail 97 0 u8 ",
    ]);
  });
});
