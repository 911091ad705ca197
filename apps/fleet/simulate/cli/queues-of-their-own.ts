import { migratePostgreSQL, openPostgreSQL, openRedis } from "@libs/database";
import { fleetMigrations } from "../../src/migrations/fleet-migrations.ts";
import type { CommandQueue } from "../../src/queue/command-queue.ts";
import { createPostgreSQLQueue } from "../../src/queue/postgresql-queue.ts";
import { createRedisQueue } from "../../src/queue/redis-queue.ts";

/** Opens one more instance of the queue. */
type MakeQueue = () => CommandQueue;

/** Opens queues in a database that is created for them and dropped afterwards. */
export async function withPostgreSQLQueues(
  url: string,
  { name, poolSize }: { readonly name: string; readonly poolSize?: number },
  work: (make: MakeQueue) => Promise<void>,
): Promise<void> {
  const database = `${name}_${Date.now()}`;
  const server = await openPostgreSQL({ url, poolSize: 1 });
  await server.query(`create database ${database}`);
  const own = new URL(url);
  own.pathname = `/${database}`;
  const sql = await openPostgreSQL({ url: own.href, ...(poolSize === undefined ? {} : { poolSize }) });
  await migratePostgreSQL(sql, fleetMigrations);
  await work(() => createPostgreSQLQueue(sql));
  await sql.close();
  await server.query(`drop database ${database} with (force)`);
  await server.close();
}

/** Opens queues under a separate key prefix, which is cleared afterwards. */
export async function withRedisQueues(
  url: string,
  name: string,
  work: (make: MakeQueue) => Promise<void>,
): Promise<void> {
  const redis = await openRedis(url);
  const prefix = `${name}-${Date.now()}`;
  await work(() => createRedisQueue({ redis, prefix }));
  for await (const keys of redis.driver.scanStream({ match: `${prefix}:*`, count: 10_000 }))
    if (keys.length > 0) await redis.driver.unlink(...keys);
  await redis.close();
}
