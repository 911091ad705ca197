import { join } from "node:path";
import { loadConfig } from "@apps/api-gateway";
import { createMemoryLogger, type MemoryLogger } from "@libs/monitoring";
import { createTemporaryDirectory, customerSecret } from "@libs/testing";
import { type Platform, startPlatform } from "../../src/create-platform.ts";
import type { PlatformDeps, PlatformSettings } from "../../src/platform-settings.ts";
import { openStores, type Stores } from "../../src/open-stores.ts";

export interface TestPlatform {
  readonly platform: Platform;
  readonly stores: Stores;
  readonly url: string;
  readonly log: MemoryLogger;
  readonly admin: { readonly email: string; readonly password: string };
  stop(): Promise<void>;
}

const admin = { email: "admin@cartway.local", password: "correct horse battery" };

/** The whole platform on free ports and embedded stores of its own. */
export async function startTestPlatform(
  settings: Partial<PlatformSettings> = {},
  deps: Partial<PlatformDeps> = {},
): Promise<TestPlatform> {
  const file = join(import.meta.dir, "../../../api-gateway/gateway.yaml");
  const loadGateway = () => loadConfig({ file });
  const directory = await createTemporaryDirectory();
  const log = createMemoryLogger("warn");
  const embedded = { directory: directory.path, databaseUrl: null, clickhouseUrl: null, redisUrl: null };
  const stores = await openStores(embedded, log.logger);
  const platform = await startPlatform(
    {
      hostname: "127.0.0.1",
      version: "test",
      commit: null,
      builtAt: null,
      metricsLinesMax: 10_000,
      drain: {},
      ports: { gateway: 0, ingestion: 0, prediction: 0, aiEngine: 0, fleet: 0 },
      directory: directory.path,
      models: { directory: directory.file("models"), trainEveryMs: 86_400_000 },
      admin: null,
      gateway: await loadGateway(),
      recovery: { idleMs: 1500, probabilityMin: 0 },
      percentOffMax: 10,
      abandonedAfterMs: 60_000,
      issuer: "cartway",
      signingSecret: null,
      refreshGraceMs: 0,
      firstAdmin: admin,
      secrets: { CUSTOMER_JWT_SECRET: customerSecret },
      ...settings,
    },
    { stores, loadGateway, providers: [], logger: log.logger, onFirstAdmin: () => undefined, ...deps },
  );
  return {
    platform,
    stores,
    log,
    admin,
    url: platform.gateway.address?.url ?? "",
    async stop() {
      await platform.stop();
      await stores.close();
      await directory.remove();
    },
  };
}
