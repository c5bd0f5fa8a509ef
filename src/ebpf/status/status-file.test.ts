import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeSource } from "../../../test/support/http-source.ts";
import { readStatuses, statusFolder, withStatusFile } from "./status-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "status-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SETTINGS = { receiver: "ebpf_http/edge", version: "1.2.3" };

test("is there while the source is open, with its counters", async () => {
  const inside = join(folder, "made");
  const source = withStatusFile(fakeSource(), { ...SETTINGS, folder: inside });
  const [status, ...others] = readStatuses(inside);
  expect(others).toEqual([]);
  expect(status).toMatchObject({ pid: process.pid, receiver: "ebpf_http/edge", version: "1.2.3" });
  expect(status?.counters).toHaveProperty("ring_full");
  await source.close();
  expect(readdirSync(inside)).toEqual([]);
});

test("takes the place of what a killed agent left", async () => {
  const left = { pid: process.pid, startTicks: 1, counters: {} };
  writeFileSync(join(folder, "1-ebpf_http.json"), JSON.stringify(left));
  writeFileSync(join(folder, "other.json"), "somebody else's");
  const source = withStatusFile(fakeSource(), { ...SETTINGS, folder });
  expect(readdirSync(folder).sort()).toEqual([`${process.pid}-ebpf_http_edge.json`, "other.json"]);
  await source.close();
});

test("does not keep an agent from running where it cannot be written", async () => {
  writeFileSync(join(folder, "file"), "");
  const source = withStatusFile(fakeSource(), { ...SETTINGS, folder: join(folder, "file") });
  source.drainProcesses();
  await source.close();
  expect(readStatuses(join(folder, "file"))).toEqual([]);
});

test("is in /run unless the environment says otherwise", () => {
  expect(statusFolder({})).toBe("/run/wattspan");
  expect(statusFolder({ WATTSPAN_STATUS_DIR: "/tmp/x" })).toBe("/tmp/x");
});
