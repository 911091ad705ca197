import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { openClient } from "./socket-client.ts";
import { startSocketService } from "./socket-service.ts";

test("private close codes share a metric series, those of the protocol and the hub have their own", async () => {
  await using service = startSocketService();
  await using gateway = await startGateway({
    hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }] },
    services: { chat: serviceAt(service.url) },
    routes: [{ id: "chat", match: { path: "/chat" }, service: "chat", websocket: true }],
  });
  const codes = [
    1000,
    3001,
    ...Array.from({ length: 10 }, (_, index) => [3100 + index, 4100 + index]).flat(),
  ];
  for (const path of ["/ws", "/chat"]) {
    const clients = await Promise.all(codes.map(() => openClient(gateway.url + path)));
    for (const [index, client] of clients.entries()) client.socket.close(codes[index]);
  }
  const seriesOf = async (metric: string) =>
    (await gateway.metrics.render())
      .split("\n")
      .filter((line) => line.startsWith(`${metric}{`))
      .map((line): [string, number] => [
        /code="(\w+)"/.exec(line)?.[1] ?? "",
        Number(line.split(" ").at(-1)),
      ]);
  const all = {
    cartway_hub_closes_total: { 1000: 1, 3001: 1, "3xxx": 10, "4xxx": 10 },
    cartway_websocket_tunnels_closed_total: { 1000: 1, "3xxx": 11, "4xxx": 10 },
  };
  for (const [metric, expected] of Object.entries(all)) {
    const counted = await waitUntil(async () => {
      const series = await seriesOf(metric);
      const closes = series.reduce((sum, [, count]) => sum + count, 0);
      return closes === codes.length ? series : null;
    });
    expect(Object.fromEntries(counted)).toEqual(expected);
  }
});
