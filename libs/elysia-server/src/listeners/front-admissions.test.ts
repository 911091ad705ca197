import { connect } from "node:net";
import { afterAll, expect, test } from "bun:test";
import { createEventLog, createMeshAuthority, freePort, sendRaw, waitUntil } from "@libs/testing";
import { shakeHands, startTlsServer, tlsWith, withNames } from "../../test/start-tls-server.ts";
import type { ElysiaServerOptions } from "../server-options.ts";
import type { TlsSettings } from "../tls-settings.ts";

const authority = await createMeshAuthority("Servers");
const ca = authority.certificate;
const shop = withNames(await authority.issue({ names: ["DNS:shop.test", "IP:127.0.0.1"] }), "shop.test");
afterAll(() => authority[Symbol.asyncDispose]());

const none = Number.POSITIVE_INFINITY;
const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const startCounting = (limits: { all: number; ofAddress: number }, tls: Partial<TlsSettings> = {}) =>
  startTlsServer(tlsWith([shop], tls), {
    connectionLimits: () => limits,
  } satisfies Partial<ElysiaServerOptions>);

/** All that a client of its own is answered, to the end of the connection where that is told to end it. */
async function ask(port: number, { ends = false, asked = get } = {}): Promise<string> {
  const socket = await shakeHands(port, { ca });
  const said = createEventLog<string>();
  socket.on("data", (bytes: Buffer) => said.push(bytes.toString()));
  const ended = new Promise((resolve) => socket.once("close", resolve));
  socket.write(asked);
  const answer = await said.next();
  if (ends) await ended;
  socket.destroy();
  return answer;
}

test.each([
  ["http1.1", { all: 2, ofAddress: none }],
  ["h2", { all: none, ofAddress: 2 }],
] as const)(
  "with TLS, connections above the maximum are answered 503 over %s, and one that closes makes room",
  async (protocol, limits) => {
    await using started = await startCounting(limits);
    const silent = connect({ host: "127.0.0.1", port: started.port });
    const served = await shakeHands(started.port, { ca });
    const options = { tls: { ca }, protocol, keepalive: false };
    const refused = await fetch(started.url, options);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ error: { code: "too_many_connections" } });
    expect(await started.metrics.render()).toContain(
      'cartway_server_ended_connections_total{reason="turned-away"} 1',
    );
    silent.destroy();
    await waitUntil(async () => (await fetch(started.url, options)).status === 200, {
      what: "room for another",
    });
    served.destroy();
  },
);

test("a refused connection is closed after its response, and opens no WebSocket", async () => {
  await using started = await startCounting({ all: 0, ofAddress: none });
  expect(await ask(started.port, { ends: true })).toStartWith("HTTP/1.1 503");
  const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  const asked = `GET /ws HTTP/1.1\r\nHost: a\r\n${upgrade}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
  expect(await ask(started.port, { ends: true, asked })).toStartWith("HTTP/1.1 503");
});

test("without limits all clients are served, and none is asked for a certificate", async () => {
  await using started = await startCounting({ all: none, ofAddress: none });
  expect(await ask(started.port)).toStartWith("HTTP/1.1 200");
  const clientCertificates = { authorities: ca, required: false };
  expect(() => started.server.replaceTls(tlsWith([shop], { clientCertificates }))).toThrow(
    "settled when the listener is opened",
  );
  started.server.replaceTls(tlsWith([shop]));
  expect(await ask(started.port)).toStartWith("HTTP/1.1 200");
});

test("the redirecting port applies the same limits separately", async () => {
  const redirect = { port: await freePort(), httpsPort: 443 };
  await using started = await startCounting({ all: 1, ofAddress: none }, { redirect });
  const waiting = connect({ host: "127.0.0.1", port: redirect.port });
  await new Promise((resolve) => waiting.once("connect", resolve));
  await waitUntil(async () => (await sendRaw(redirect.port, get)).status === 503, { what: "a refusal" });
  expect(await ask(started.port)).toStartWith("HTTP/1.1 200");
  waiting.destroy();
});
