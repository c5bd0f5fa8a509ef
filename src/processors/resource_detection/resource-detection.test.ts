import { afterEach, describe, expect, it, vi } from "vitest";
import { LogRecorder, settings } from "../../../test/support/component.ts";
import { data } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { toObject } from "../../pdata/decode/common.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import { attributeKey, editData, type Traces } from "../../pdata/index.ts";
import { resourceDetectionConfig } from "./config.ts";
import type { Surroundings } from "./detectors/index.ts";
import { resourceDetectionProcessorFactory } from "./factory.ts";
import { ResourceDetectionProcessor } from "./processor.ts";

const ID = "0123456789abcdef".repeat(4);

const FILES: Readonly<Record<string, string>> = {
  "/etc/machine-id": "77f1cd6cf1a44a6c8a3d6ee15ad0f7a2\n",
  "/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
  "/etc/hosts": "127.0.0.1 localhost # box.wrong\n10.0.0.5 box.example.org box\n",
  "/proc/version": "Linux version 6.1.0 #1 SMP\n",
  "/proc/cpuinfo":
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R)\nstepping\t: 7\ncache size\t: 39424 KB\n\nprocessor\t: 1\n",
  "/proc/self/cgroup": `0::/kubepods.slice/kubepods-pod1a2b3c4d_0000_1111_2222_333344445555.slice/cri-containerd-${ID}.scope\n`,
};

function host(
  changes: Partial<Surroundings> & { readonly files?: Readonly<Record<string, string>> } = {},
): Surroundings {
  const files = changes.files ?? FILES;
  return {
    env: {},
    readText: (path) => files[path],
    hostname: () => "box",
    interfaces: () => [
      { name: "lo", address: "127.0.0.1", mac: "00:00:00:00:00:00", internal: true },
      { name: "eth0", address: "10.0.0.5", mac: "02:42:ac:11:00:02", internal: false },
      { name: "eth0", address: "fe80::1", mac: "02:42:ac:11:00:02", internal: false },
    ],
    ...changes,
  };
}

const enabled = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { enabled: true }]));

/** What a resource that had `before` has afterwards. */
async function detect(raw: object, surroundings = host(), before: Readonly<Record<string, string>> = {}) {
  const taken: Traces[] = [];
  const next = { capabilities: { mutatesData: false }, consume: async (one: Traces) => void taken.push(one) };
  const logger = new LogRecorder();
  const config = parseConfig(resourceDetectionConfig, raw);
  const processor = new ResourceDetectionProcessor<"traces">(
    settings("resource_detection", logger),
    config,
    surroundings,
    next,
  );
  await processor.start();
  const given = editData<"traces">(data("traces", 1), {
    resource({ attributes }) {
      for (const [key, value] of Object.entries(before)) attributes.set(attributeKey(key), value);
    },
  });
  const attributes = async () => {
    await processor.consume(given);
    return toObject(decodeTraces(taken.at(-1)!.bytes())[0]!.resource.attributes);
  };
  return { attributes, processor, logger };
}

async function found(...given: Parameters<typeof detect>) {
  const { attributes, processor } = await detect(...given);
  const result = await attributes();
  await processor.shutdown();
  return result;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the detectors", () => {
  it("read the environment, by default", async () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: " a = x%20y , b=2+3," };
    expect(await found({}, host({ env }))).toEqual({ a: "x y", b: "2 3" });
    expect(await found({}, host({ env: { OTEL_RESOURCE: "a=1" } }))).toEqual({ a: "1" });
  });

  it("name the host and its system", async () => {
    expect(await found({ detectors: ["system"] })).toEqual({
      "host.name": "box.example.org",
      "os.type": "linux",
    });
    const raw = { detectors: ["system"], system: { hostname_sources: ["os"] } };
    expect(await found(raw)).toMatchObject({ "host.name": "box" });
  });

  it("go on with the next source where the host has no qualified name", async () => {
    expect(await found({ detectors: ["system"] }, host({ files: {} }))).toMatchObject({ "host.name": "box" });
  });

  it("give everything else of the system on request", async () => {
    const names = [
      "host.id",
      "host.ip",
      "host.mac",
      "host.interface",
      "host.cpu.vendor.id",
      "host.cpu.family",
      "host.cpu.model.id",
      "host.cpu.model.name",
      "host.cpu.stepping",
      "host.cpu.cache.l2.size",
      "os.name",
      "os.version",
      "os.build.id",
      "os.description",
    ];
    const raw = {
      detectors: ["system"],
      system: {
        resource_attributes: {
          ...enabled(...names),
          "host.name": { enabled: false },
          "os.type": { enabled: false },
        },
      },
    };
    expect(await found(raw)).toEqual({
      "host.id": "77f1cd6cf1a44a6c8a3d6ee15ad0f7a2",
      "host.ip": ["10.0.0.5", "fe80::1"],
      "host.mac": ["02-42-AC-11-00-02"],
      "host.interface": ["lo", "eth0"],
      "host.cpu.vendor.id": "GenuineIntel",
      "host.cpu.family": "6",
      "host.cpu.model.id": "85",
      "host.cpu.model.name": "Intel(R) Xeon(R)",
      "host.cpu.stepping": "7",
      "host.cpu.cache.l2.size": 39424n,
      "os.name": "debian",
      "os.version": "12",
      "os.description": "Debian GNU/Linux 12 (bookworm) (Linux version 6.1.0 #1 SMP)",
    });
  });

  it("find the agent's own container and pod", async () => {
    expect(await found({ detectors: ["container"] })).toEqual({
      "container.id": ID,
      "k8s.pod.uid": "1a2b3c4d-0000-1111-2222-333344445555",
    });
    const files = {
      "/proc/self/cgroup": "0::/\n",
      "/proc/self/mountinfo": `1 2 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n`,
    };
    expect(await found({ detectors: ["container"] }, host({ files }))).toEqual({ "container.id": ID });
    expect(await found({ detectors: ["container"] }, host({ files: {} }))).toEqual({});
  });
});

describe("the processor", () => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: "host.name=mine,extra=1" };

  it("lets the first detector win, and the detected go before what was there, unless told otherwise", async () => {
    const raw = { detectors: ["env", "system"] };
    const before = { "host.name": "old", kept: "k" };
    expect(await found(raw, host({ env }), before)).toEqual({
      "host.name": "mine",
      extra: "1",
      "os.type": "linux",
      kept: "k",
    });
    expect(await found({ ...raw, override: false }, host({ env }), before)).toMatchObject({
      "host.name": "old",
      extra: "1",
    });
  });

  it.each([
    ["=x", "invalid resource format"],
    ["a=%zz", "in attribute"],
    ["a=1,b", "invalid text"],
  ])("warns of what it cannot read, and does not start where it must: %s", async (text, message) => {
    const surroundings = host({ env: { OTEL_RESOURCE_ATTRIBUTES: text } });
    const { logger, processor } = await detect({}, surroundings);
    await processor.shutdown();
    expect(logger.records.find(({ level }) => level === "warn")?.attributes.error).toContain(message);
    await expect(detect({ fail_on_missing_metadata: true }, surroundings)).rejects.toThrow(message);
  });

  it("looks again once per interval, and keeps what it had where that fails", async () => {
    vi.useFakeTimers();
    const changing: Record<string, string | undefined> = { OTEL_RESOURCE_ATTRIBUTES: "a=1" };
    const { attributes, processor } = await detect({ refresh_interval: "1m" }, host({ env: changing }));
    expect(await attributes()).toEqual({ a: "1" });
    changing.OTEL_RESOURCE_ATTRIBUTES = "a=2";
    vi.advanceTimersByTime(60_000);
    expect(await attributes()).toEqual({ a: "2" });
    changing.OTEL_RESOURCE_ATTRIBUTES = "%";
    vi.advanceTimersByTime(60_000);
    expect(await attributes()).toEqual({ a: "2" });
    await processor.shutdown();
  });

  it("takes the blocks of detectors that it does not have, and the keys of their client", async () => {
    const raw = {
      detectors: ["system"],
      timeout: "2s",
      tls: { insecure_skip_verify: true },
      retry: { max_elapsed_time: "1m" },
      ec2: { tags: ["^env$"] },
      gcp: { resource_attributes: enabled("host.type") },
      system: { hostname_sources: ["lookup", "cname"] },
    };
    expect(await found(raw)).toMatchObject({ "host.name": "box.example.org" });
  });

  it("leaves out the detectors that it does not have, where that is asked for", () => {
    const section = { detectors: ["env", "ec2", "k8s_api", "sytem"], override: false };
    expect(resourceDetectionProcessorFactory.withoutUnsupported!(section)).toEqual({
      supported: { detectors: ["env", "sytem"], override: false },
      leftOut: ["detector ec2", "detector k8s_api"],
    });
    for (const other of [null, {}, { detectors: "env" }]) {
      expect(resourceDetectionProcessorFactory.withoutUnsupported!(other).leftOut).toEqual([]);
    }
  });

  it("runs on the host it is on", async () => {
    const config = parseConfig(resourceDetectionProcessorFactory.config, {
      detectors: ["system", "container"],
    });
    const taken: Traces[] = [];
    const next = {
      capabilities: { mutatesData: false },
      consume: async (one: Traces) => void taken.push(one),
    };
    const processor = resourceDetectionProcessorFactory.create(
      settings("resource_detection"),
      config,
      "traces",
      next,
    );
    await processor.start({ reportStatus: () => {} } as unknown as Parameters<typeof processor.start>[0]);
    await processor.consume(data("traces", 1));
    await processor.shutdown(AbortSignal.timeout(1000));
    expect(toObject(decodeTraces(taken[0]!.bytes())[0]!.resource.attributes)).toMatchObject({
      "os.type": "linux",
    });
  });

  it.each([
    [{ detectors: ["ec2"] }, 'detector "ec2" asks a service that this build has no client for'],
    [{ detectors: ["sytem"] }, "invalid detector key: sytem"],
    [{ system: { hostname_sources: ["mdns"] } }, 'system: hostname_sources contains invalid value: "mdns"'],
    [{ system: { resource_attributes: { "host.nam": { enabled: true } } } }, "host.nam"],
  ])("refuses %j", (raw, message) => {
    expect(() => parseConfig(resourceDetectionConfig, raw)).toThrow(message);
  });
});
