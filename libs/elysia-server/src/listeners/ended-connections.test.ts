import { expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { startServer } from "../../test/start-server.ts";

test("connections that the listener closed early are counted by reason", async () => {
  await using started = await startServer({ front: () => null });
  for (const bytes of ["nonsense\0", "GET / HTTP/1.1\r\n\r\n"]) {
    expect((await sendRaw(started.port, bytes)).status).toBe(400);
  }
  expect(await started.metrics.render()).toContain(
    'cartway_server_ended_connections_total{reason="refused"} 2',
  );
});
