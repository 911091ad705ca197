import { describe } from "bun:test";
import { openRedis } from "@libs/database";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { openEmbeddedSql, openServerSql, type TestSql } from "../../test/support/open-sql.ts";
import { describeCommandQueue, type OpenedQueue } from "./command-queue.contract.ts";
import type { CommandQueue } from "./command-queue.ts";
import { createPostgreSQLQueue } from "./postgresql-queue.ts";
import { createRedisQueue } from "./redis-queue.ts";

async function onPostgreSQL(opening: Promise<TestSql>): Promise<OpenedQueue> {
  const opened = await opening;
  const instances = Array.from({ length: 8 }, () => createPostgreSQLQueue(opened.sql));
  return { queue: inTurn(instances), close: () => opened.close() };
}

/** Each call through the next instance: what one of them does together is no help to the others. */
function inTurn(instances: readonly CommandQueue[]): CommandQueue {
  let calls = 0;
  const next = (): CommandQueue => {
    calls += 1;
    const queue = instances[calls % instances.length];
    if (queue === undefined) throw new Error("no instance");
    return queue;
  };
  return {
    put: (entries) => next().put(entries),
    claim: (request) => next().claim(request),
    extend: (request) => next().extend(request),
    remove: (keys) => next().remove(keys),
    epoch: () => next().epoch(),
  };
}

describeCommandQueue("the queue on embedded PostgreSQL", () => onPostgreSQL(openEmbeddedSql()), {
  rounds: 40,
  claimers: 1000,
});

describe.skipIf(serverUrl("postgresql") === null)(serverSuiteName("command queue", "postgresql"), () => {
  describeCommandQueue("the queue on PostgreSQL", () => onPostgreSQL(openServerSql()), {
    rounds: 200,
    claimers: 1000,
  });
});

describe.skipIf(serverUrl("redis") === null)(serverSuiteName("command queue", "redis"), () => {
  describeCommandQueue(
    "the queue on Redis",
    async () => {
      const redis = await openRedis(serverUrl("redis") ?? "");
      const queue = createRedisQueue({ redis, prefix: `test:${crypto.randomUUID()}` });
      return { queue, close: () => redis.close() };
    },
    { rounds: 300, claimers: 1000 },
  );
});
