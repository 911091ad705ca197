import { afterAll, describe } from "bun:test";
import { serverSuiteName, serverUrl } from "@libs/testing";
import { Redis } from "ioredis";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { describeInvalidation } from "./invalidation.contract.ts";

describeInvalidation("changes at a gateway with a cache in process", async (service) => {
  const gateway = await startGatewayTo(service, { policies: [{ type: "cache" }] });
  return {
    asking: gateway.url,
    changing: gateway.url,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
});

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("changes at one of two gateways with a cache", "redis"), () => {
  const redis = new Redis(url ?? "", { lazyConnect: true, enableAutoPipelining: true });
  afterAll(() => redis.disconnect());
  describeInvalidation("changes at one of two gateways with a cache in Redis", async (service) => {
    const policies = [{ type: "cache", store: "redis", name: `t-${crypto.randomUUID()}` }];
    const [asking, changing] = await Promise.all(
      [1, 2].map(() => startGatewayTo(service, { policies }, {}, { redis })),
    );
    if (asking === undefined || changing === undefined) throw new Error("there are two gateways");
    return {
      asking: asking.url,
      changing: changing.url,
      async [Symbol.asyncDispose]() {
        await Promise.all([asking, changing].map((gateway) => gateway[Symbol.asyncDispose]()));
      },
    };
  });
});
