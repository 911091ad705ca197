import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createCartway, type HubFrame } from "@cartway/client";
import { createEventLog, freePort, waitUntil } from "@libs/testing";
import { type EventService, startEventService } from "./event-service.ts";
import type { ReceivedFrame } from "./hub-client.ts";
import { type HubFixture, startHub } from "./start-hub.ts";
import { type Nginx, startNginx } from "../support/start-nginx.ts";

const isMissing = Bun.which("nginx") === null || Bun.which("curl") === null;
const title = `behind an nginx (needs ${isMissing ? "nginx and curl" : "nothing more"})`;

interface Ports {
  readonly hub: number;
  /** As nginx comes: it buffers, and passes no upgrade on. */
  readonly plain: number;
  /** The same over HTTP/2. */
  readonly second: number;
  /** Passes upgrades on, and cuts what is silent for three seconds. */
  readonly hasty: number;
}

const httpOf = ({ hub, plain, second, hasty }: Ports): string => `
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server { listen 127.0.0.1:${plain}; location / { proxy_pass http://127.0.0.1:${hub}; } }
  server { listen 127.0.0.1:${second} http2; location / { proxy_pass http://127.0.0.1:${hub}; } }
  server {
    listen 127.0.0.1:${hasty};
    location / {
      proxy_pass http://127.0.0.1:${hub};
      proxy_read_timeout 3s;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }`;

describe.skipIf(isMissing)(title, () => {
  let service: EventService;
  let hub: HubFixture;
  let ports: Ports;
  let nginx: Nginx;

  beforeAll(async () => {
    service = startEventService();
    hub = startHub({
      services: { ingestion: service.url },
      hub: {
        endpoints: [
          {
            path: "/ws",
            authenticate: { anonymous: true },
            messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 9, waitMs: 1 } } },
            rooms: { pattern: "cart:{sessionId}" },
          },
        ],
        limits: { heartbeatMs: 1000, idleMs: 8000 },
      },
    });
    ports = { hub: hub.port, plain: await freePort(), second: await freePort(), hasty: await freePort() };
    const url = `http://127.0.0.1:${ports.plain}/ws`;
    nginx = await startNginx(httpOf(ports), async () => (await fetch(url)).status === 426);
  }, 30_000);
  afterAll(async () => {
    await nginx[Symbol.asyncDispose]();
    await hub.stop();
    await service.stop();
  });

  test("with buffering and without upgrades, acks and rooms arrive over the event stream without delay", async () => {
    const client = createCartway({ url: `ws://127.0.0.1:${ports.plain}/ws`, backoffMaxMs: 10 });
    const frames = createEventLog<HubFrame>();
    client.join(`cart:${client.sessionId}`, { onFrame: frames.push });
    await Promise.all(["a", "b", "c"].map((id) => client.send("cart_event", { id })));
    await waitUntil(() => hub.hub.context.rooms.size === 1);
    for (const id of ["1", "2"])
      await hub.hub.publisher.publish(`room:cart:${client.sessionId}`, { type: "offer", id });
    expect((await frames.atLeast(2)).map(({ id, offset }) => [id, offset])).toEqual([
      ["1", 1],
      ["2", 2],
    ]);
    client.close();
    await waitUntil(() => hub.hub.context.connections.size === 0);
  }, 30_000);

  test("over HTTP/2 event stream and long poll work as over HTTP/1.1", async () => {
    const base = `http://127.0.0.1:${ports.second}/ws`;
    const curl = ["curl", "-sN", "--http2-prior-knowledge", "--max-time", "20"];
    const stream = Bun.spawn([...curl, `${base}/sse`], { stdout: "pipe" });
    const frames = createEventLog<ReceivedFrame>();
    const reading = (async () => {
      let rest = "";
      for await (const chunk of stream.stdout) {
        const lines = (rest + Buffer.from(chunk).toString()).split("\n\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("data: ")) frames.push(JSON.parse(line.slice(6)));
      }
    })();
    const { payload } = await frames.next();
    const connection = `${String(payload?.["connectionId"])}.${String(payload?.["secret"])}`;
    const headers = ["-H", `x-cartway-connection: ${connection}`];
    const body = ["--data-binary", '{"type":"cart_event","id":"over-2","payload":{}}'];
    await Bun.spawn([...curl, `${base}/send`, ...headers, ...body], { stdout: "ignore" }).exited;
    expect(await frames.next()).toEqual({ type: "ack", id: "over-2" });
    stream.kill();
    await reading;
    const polled = Bun.spawn([...curl, "-X", "POST", `${base}/poll`], { stdout: "pipe" });
    expect(await new Response(polled.stdout).text()).toStartWith('{"type":"welcome"');
  }, 30_000);

  test("with a short idle timeout, a listening page stays connected through heartbeats", async () => {
    const states: string[] = [];
    const client = createCartway({
      url: `ws://127.0.0.1:${ports.hasty}/ws`,
      onState: ({ connection }) => states.push(connection.status),
    });
    await waitUntil(() => client.state.connection.status === "open");
    const [connection] = [...hub.hub.context.connections.all()].slice(-1);
    // one a second: more of them than the proxy's patience
    await waitUntil(() => (connection?.framesReceived ?? 0) >= 5, { timeoutMs: 20_000 });
    expect(states).not.toContain("waiting");
    client.close();
  }, 30_000);
});
