import { createHttpPublisher, type Publisher } from "@libs/messaging";
import { createTemporaryDirectory } from "@libs/testing";
import { type EventService, startEventService } from "./event-service.ts";
import { connect, type HubClient } from "./hub-client.ts";
import { type PrivateRedis, startPrivateRedis } from "./private-redis.ts";
import { type HubProcess, spawnHub } from "./spawn-hub.ts";

export interface Instances {
  readonly redis: PrivateRedis;
  readonly service: EventService;
  readonly hubs: readonly HubProcess[];
  stop(): Promise<void>;
}

/** Three hubs, a process each, over a Redis of their own. @param prefix of their keys */
export async function startInstances(prefix: string): Promise<Instances> {
  const directory = await createTemporaryDirectory();
  const redis = await startPrivateRedis(directory.path);
  const service = startEventService();
  const spawn = () => spawnHub({ redisUrl: redis.url, prefix, serviceUrl: service.url });
  const hubs = await Promise.all([spawn(), spawn(), spawn()]);
  return {
    redis,
    service,
    hubs,
    async stop() {
      await Promise.all(hubs.map((hub) => hub.kill()));
      await redis.kill();
      await service.stop();
      await directory.remove();
    },
  };
}

/** A client of one instance in a room. @param token `user-<name>`; anonymous by default */
export async function joinAt({ url }: HubProcess, room: string, token?: string): Promise<HubClient> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = await connect(`${url}/ws`, { headers });
  const { type } = await client.ask({ type: "join_room", id: "join", payload: { room } });
  if (type !== "ack") throw new Error(`the room ${room} was not joined`);
  return client;
}

/** Publishes through one instance; waits longer than an instance takes to notice that Redis is away. */
export function publisherAt({ http }: HubProcess): Publisher {
  const credentials = () => ({ authorization: "Bearer publisher" });
  return createHttpPublisher({ url: http, credentials, timeoutMs: 8000 });
}
