import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { HostRecorder, settings } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { OtlpReceiver } from "../../../test/support/otlp-receiver.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { otlpGrpcExporterFactory } from "./factory.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it("gives up on a connection that has fallen silent, with keepalive", async () => {
  const server = await OtlpReceiver.start();
  cleanups.push(() => server.close());
  const wires: Socket[] = [];
  const wire = createServer((socket) => {
    const onward = connect(server.port, "127.0.0.1");
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) wires.push(end.on("error", () => {}));
  });
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const end of wires) end.destroy();
    wire.close();
  });
  const config = parseConfig(otlpGrpcExporterFactory.config, {
    endpoint: `127.0.0.1:${(wire.address() as AddressInfo).port}`,
    tls: { insecure: true },
    timeout: "1m",
    keepalive: { time: "100ms", timeout: "100ms" },
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
  });
  const exporter = otlpGrpcExporterFactory.create(settings("otlp_grpc"), config, "traces");
  await exporter.start(new HostRecorder());
  cleanups.push(() => exporter.shutdown(AbortSignal.timeout(1000)));
  await exporter.consume(traces(1));
  for (const end of wires) end.unpipe().pause();
  await expect(exporter.consume(traces(1))).rejects.toThrow("code = Unavailable");
  await exporter.consume(traces(1));
  expect(server.received).toHaveLength(2);
});
