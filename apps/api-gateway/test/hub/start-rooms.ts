import { startEventService } from "./event-service.ts";
import { connect, type HubClient } from "./hub-client.ts";
import { startHub } from "./start-hub.ts";

export interface Since {
  readonly epoch: unknown;
  readonly offset: number;
}

/** A hub with rooms of every kind, and what its tests do again and again. */
export function startRooms({ coalesceMs = 0 }: { readonly coalesceMs?: number } = {}) {
  const service = startEventService();
  const fixture = startHub({
    services: { doorman: service.url },
    hub: {
      endpoints: [
        {
          path: "/ws",
          authenticate: { with: ["platform"], anonymous: true },
          roomsMax: 3,
          rooms: [
            { pattern: "cart:{sessionId}", recoverMax: 5 },
            { pattern: "orders:{userId}" },
            { pattern: "closed:{any}", join: false },
            { pattern: "asked:{any}", ask: { service: "doorman", path: "/may-join" } },
            { pattern: "lobby:{any}", presence: true, coalesceMs },
          ],
        },
      ],
    },
  });
  const { publisher } = fixture.hub;
  const open = (token?: string) =>
    connect(
      `${fixture.url}/ws`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
  let numbers = 0;
  const sessionId = () => `session-of-a-shopper-${numbers++}`;

  async function join(client: HubClient, room: string, more: { sessionId?: string; since?: Since } = {}) {
    const id = `join-${numbers++}`;
    const { since, ...frame } = more;
    const answer = await client.ask({
      type: "join_room",
      id,
      payload: since === undefined ? { room } : { room, since },
      ...frame,
    });
    const joined = client.frames.all.find(
      (candidate) => candidate.type === "room_joined" && candidate.id === id,
    );
    return { answer, joined: joined?.payload };
  }

  async function stop(): Promise<void> {
    await fixture.stop();
    await service.stop();
  }

  return { service, fixture, publisher, open, sessionId, join, stop };
}
