import { createTemporaryDirectory } from "@libs/testing";
import { describeProvider, type ProviderHarness } from "../../src/discovery/discovery.contract.ts";
import { startConsulServer } from "../support/discovery/start-consul-server.ts";
import { startDnsServer, type ZoneRecord } from "../support/discovery/start-dns-server.ts";
import { startKubernetesServer } from "../support/discovery/start-kubernetes-server.ts";

const placeOf = (id: string): { host: string; port: number } => {
  const [host = "", port = ""] = id.split(":");
  return { host, port: Number(port) };
};

async function startDns(
  record: "address" | "srv",
  zoneOf: (ids: readonly string[]) => readonly ZoneRecord[],
): Promise<ProviderHarness> {
  const server = await startDnsServer();
  return {
    config: {
      ...(record === "srv"
        ? { name: "_http._tcp.shop.test", record }
        : { name: "shop.test", record, port: 8080 }),
      protocol: "http",
      families: [4],
      servers: [server.address],
      timeoutMs: 1000,
      ttlMsMin: 10,
      ttlMsMax: 60_000,
    },
    set: (ids) => void (server.records = zoneOf(ids)),
    fail: (isFailing) => void (server.trouble = isFailing ? "servfail" : "none"),
    asked: () => server.asked.all.length,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describeProvider("dns", "DNS addresses", () =>
  startDns("address", (ids) =>
    ids.map((id) => ({ name: "shop.test", type: "A", ttl: 0, data: placeOf(id).host })),
  ),
);

describeProvider("dns", "DNS SRV records", () =>
  startDns("srv", (ids) =>
    ids.flatMap((id, index): ZoneRecord[] => {
      const { host, port } = placeOf(id);
      const name = `pod-${index}.shop.test`;
      return [
        { name: "_http._tcp.shop.test", type: "SRV", ttl: 0, data: [0, 1, port, name] },
        { name, type: "A", ttl: 0, data: host },
      ];
    }),
  ),
);

describeProvider("consul", "Consul", async () => {
  const server = startConsulServer();
  return {
    config: {
      url: server.url,
      service: "shop",
      including: "passing",
      protocol: "http",
      waitMs: 60_000,
      intervalMsMin: 10,
      timeoutMs: 5000,
      staleMsMax: 10_000,
    },
    set: (ids) => server.set(ids.map((id) => ({ address: placeOf(id).host, port: placeOf(id).port }))),
    fail(isFailing) {
      server.isFailing = isFailing;
    },
    asked: () => server.queries.all.length,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

describeProvider("kubernetes", "Kubernetes", async () => {
  const server = startKubernetesServer();
  const directory = await createTemporaryDirectory();
  await Bun.write(`${directory.path}/token`, "token\n");
  await Bun.write(`${directory.path}/namespace`, "shop");
  return {
    config: {
      url: server.url,
      serviceAccountDirectory: directory.path,
      service: "shop",
      protocol: "http",
      watchMs: 300_000,
      resyncMs: 1_800_000,
      timeoutMs: 5000,
    },
    set: (ids) =>
      server.slices.put({ name: "shop-1", endpoints: ids.map((id) => ({ address: placeOf(id).host })) }),
    fail(isFailing) {
      server.isFailing = isFailing;
      if (isFailing) server.slices.endWatches();
    },
    asked: () => server.queries.all.length,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
});
