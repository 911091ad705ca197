import { afterAll, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { checkedConfig, startGateway } from "../support/start-gateway.ts";
import { createTlsFixture } from "../support/tls/tls-fixture.ts";

const fixture = await createTlsFixture();
const { ca, secured, configWith } = fixture;
afterAll(() => fixture[Symbol.asyncDispose]());

const get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

async function occupy(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write(get);
  await once(socket, "data");
  return socket;
}

const configOf = (server: object) => ({ server, services: {}, routes: [] });

test.each([
  ["to the gateway", { maxConnections: 1 }],
  ["of one address", { maxConnectionsPerAddress: 1 }],
])(
  "connections %s above the maximum are answered 503 and counted, and a reload changes the maximum",
  async (_, few) => {
    await using gateway = await startGateway(configOf(few));
    const only = await occupy(gateway.port);
    const refused = await sendRaw(gateway.port, get);
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "5", connection: "close" } });
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: "too_many_connections" } });
    expect(await gateway.metrics.render()).toContain(
      'cartway_server_ended_connections_total{reason="turned-away"} 1',
    );
    await gateway.gateway.reload(checkedConfig(configOf({})));
    expect(await sendRaw(gateway.port, get.replace("Host", "Connection: close\r\nHost"))).toMatchObject({
      status: 200,
    });
    only.destroy();
  },
);

test.each(["maxConnections", "maxConnectionsPerAddress"])(
  "with TLS %s is bounded too, and a reload changes the maximum",
  async (name) => {
    const config = (most: number) => configWith({}, { server: { [name]: most } });
    await using gateway = await startGateway(config(1));
    const only = connectTls({ port: gateway.port, host: "127.0.0.1", ca });
    await once(only, "secureConnect");
    const ask = async () => (await fetch(`${gateway.url}/healthz`, { ...secured, keepalive: false })).status;
    expect(await ask()).toBe(503);
    await gateway.gateway.reload(checkedConfig(config(2)));
    expect(await ask()).toBe(200);
    only.destroy();
  },
);
