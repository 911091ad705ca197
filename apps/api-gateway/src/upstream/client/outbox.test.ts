import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Outbox } from "./outbox.ts";

test.each([
  ["a Buffer", Buffer.alloc(8_000_000, "x")],
  ["a Uint8Array", new Uint8Array(8_000_000).fill(120)],
])("%s may be modified right after it was written, even if the target has not read it", async (_, data) => {
  const outbox = new Outbox();
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connected = once(server, "connection");
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: () => undefined, drain: () => outbox.drained(), close: () => outbox.close() },
  });
  const [target] = (await connected) as [Socket];
  outbox.attach(socket);
  outbox.write(data);
  data.fill(0);
  expect([outbox.isEmpty, outbox.sent(true)]).toEqual([false, "some"]);
  const drained = outbox.whenDrained();
  let [bytes, others] = [0, 0];
  const all = new Promise<void>((resolve) => {
    target.on("data", (part: Buffer) => {
      bytes += part.length;
      others += part.filter((byte) => byte !== 120).length;
      if (bytes === data.length) resolve();
    });
  });
  target.resume();
  await Promise.all([drained, all]);
  expect([others, outbox.isEmpty, outbox.sent(true)]).toEqual([0, true, "all"]);
  socket.terminate();
  server.close();
});
