import { afterAll, describe, expect, test } from "bun:test";
import { createMeshAuthority, waitUntil } from "@libs/testing";
import { ownConnections } from "../../test/own-ports.ts";
import { shakeHands, startTlsServer, tlsWith, withNames } from "../../test/start-tls-server.ts";

const authority = await createMeshAuthority("Clients and servers");
const ca = authority.certificate;
const shop = withNames(await authority.issue({ names: ["DNS:shop.test", "IP:127.0.0.1"] }), "shop.test");
afterAll(() => authority[Symbol.asyncDispose]());

const part = new Uint8Array(65_536);

describe.skipIf(process.platform !== "linux").each([
  ["with TLS", tlsWith([shop])],
  [
    "with TLS that asks for client certificates",
    tlsWith([shop], { clientCertificates: { authorities: ca, required: false } }),
  ],
])("a listener %s", (_name, tls) => {
  test.each([
    ["once the app gives its answer up", 60],
    ["once that has lasted for the listener's idle time", 1],
  ])(
    "disconnects a client that reads nothing of its response, %s",
    async (_when, idleTimeoutSeconds) => {
      const giveUp = Promise.withResolvers<() => void>();
      await using started = await startTlsServer(tls, {
        idleTimeoutSeconds,
        front: (request, server) => {
          const start = (controller: ReadableStreamDefaultController): void =>
            giveUp.resolve(() => {
              server.timeout?.(request, 1);
              controller.error(new Error("nobody reads it"));
            });
          return new Response(new ReadableStream({ start, pull: (controller) => controller.enqueue(part) }));
        },
      });
      const client = await shakeHands(started.port, { ca });
      client.on("error", () => undefined);
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.pause();
      const cut = await giveUp.promise;
      expect(ownConnections(started.port)).toBe(1);
      if (idleTimeoutSeconds > 1) cut();
      await waitUntil(() => ownConnections(started.port) === 0, { what: "its end", timeoutMs: 20_000 });
      client.destroy();
    },
    30_000,
  );
});
