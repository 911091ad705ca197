import { routeRequests } from "../../gateway/peer.ts";
import { runWrk } from "../../gateway/wrk.ts";
import type { Scenario } from "./scenario.ts";
import { configWith, type GatewayProcess, startGateway } from "../support/start-gateway.ts";
import { withUpstream } from "../support/with-upstream.ts";

const socketCount = 5000;
const reloads = 1000;

/** Requirement: 1,000 reloads under 5,000 open sockets and load drop none of them and leave memory flat. */
export const sockets: Scenario = {
  what: `${reloads} reloads under ${socketCount} open WebSockets and load`,
  run: ({ seconds }) =>
    withUpstream(async (upstreamPort, directory) => {
      const config = (marker: number) => ({ ...configWith(upstreamPort, 10, marker), hub: hubConfig });
      const gateway = await startGateway(config(0), directory, "/r0/items");
      try {
        const held = await openSockets(gateway, socketCount);
        const load = { url: gateway.url, seconds, connections: 8, requests: routeRequests(10), directory };
        const running = runWrk({ ...load, seconds: Math.max(seconds, 30) });
        // The first hundred warm the allocator up.
        for (let marker = 1; marker <= 100; marker += 1) await gateway.reload(config(marker));
        const before = gateway.residentMiB();
        for (let marker = 101; marker <= 100 + reloads; marker += 1) await gateway.reload(config(marker));
        const after = gateway.residentMiB();
        const { errors } = await running;
        return [
          { what: "sockets that were closed", value: socketCount - held.open(), unit: "", atMost: 0 },
          { what: "requests that failed", value: errors, unit: "", atMost: 0 },
          { what: "resident after 100 reloads", value: before, unit: "MiB" },
          { what: `grown by after ${reloads} more`, value: after - before, unit: "MiB", atMost: 40 },
        ];
      } finally {
        await gateway.stop();
      }
    }),
};

const hubConfig = {
  endpoints: [{ path: "/ws", authenticate: { with: [], anonymous: true } }],
  limits: { maxConnections: 20_000, connectionsPerIp: 20_000 },
};

async function openSockets(gateway: GatewayProcess, count: number): Promise<{ open(): number }> {
  let open = 0;
  for (let begun = 0; begun < count; begun += 250) {
    await Promise.all(
      Array.from({ length: Math.min(250, count - begun) }, async () => {
        const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/ws`);
        await new Promise((resolve, reject) => {
          socket.addEventListener("open", resolve, { once: true });
          socket.addEventListener("error", reject, { once: true });
        });
        open += 1;
        socket.addEventListener("close", () => (open -= 1));
      }),
    );
  }
  return { open: () => open };
}
