/** Opens the stores, embedded unless servers are configured, and starts all apps on them; stops on a signal. */
import {
  configSignature,
  createConfigLoader,
  ignoreHangup,
  loadConfig,
  reloadOnChange,
} from "@apps/api-gateway";
import { requireEnvironment, runUntilSignal, startProcess } from "@libs/elysia-server";
import { createLogger } from "@libs/monitoring";
import manifest from "../package.json" with { type: "json" };
import { banner, firstAdminText } from "./banner.ts";
import { startPlatform } from "./create-platform.ts";
import { customerSecret } from "./customer-secret.ts";
import { allInOneEnvironment, refuseVariables } from "./environment.ts";
import { gitCommit } from "./git-commit.ts";
import { openStores } from "./open-stores.ts";
import { platformOptions } from "./platform-options.ts";

await startProcess("Cartway", main);

async function main(): Promise<void> {
  ignoreHangup();
  refuseVariables(process.env);
  const env = requireEnvironment(allInOneEnvironment, process.env);
  const { settings, providers, config, ...options } = platformOptions(env, manifest.version, process.env);
  const { admin, directory } = settings;
  const logger = createLogger({ name: "cartway", level: options.logLevel });
  const signature = await configSignature(config.file);
  const gateway = await loadConfig(config);
  const stores = await openStores(options.stores, logger);
  let firstAdmin: { readonly email: string; readonly password: string } | null = null;
  const platform = await startPlatform(
    {
      ...settings,
      commit: settings.commit ?? gitCommit(import.meta.dir),
      gateway,
      secrets: {
        ...process.env,
        CUSTOMER_JWT_SECRET: options.customerSecret ?? (await customerSecret(directory)),
      },
    },
    {
      stores,
      loadGateway: createConfigLoader(config),
      providers,
      logger,
      openTracer: options.openTracer,
      onFirstAdmin(shown) {
        firstAdmin = shown;
      },
    },
  ).catch(async (thrown: unknown) => {
    // already stored: no later start would show the password
    process.stdout.write(firstAdminText(firstAdmin));
    await stores.close();
    throw thrown;
  });
  process.stdout.write(
    `${banner({
      url: platform.gateway.address?.url ?? `http://${env.HOST}:${env.PORT}`,
      services: platform.services.map((app) => ({ name: app.name, url: app.address?.url ?? "" })),
      directory,
      admin: { url: platform.gateway.adminAddress?.url ?? null, tokenFile: admin?.tokenFile ?? null },
      firstAdmin,
      provider:
        providers.length === 0
          ? "templates (set OPENAI_API_KEY, OPENAI_BASE_URL or ANTHROPIC_API_KEY for a model)"
          : providers.map((one) => one.name).join(", then "),
    })}\n`,
  );
  const endWatch = reloadOnChange({ file: config.file, signature, logger }, platform.gateway);
  await runUntilSignal(
    {
      name: platform.name,
      start: () => Promise.resolve(),
      async stop() {
        await endWatch();
        await platform.stop();
      },
    },
    { logger, close: [() => stores.close()] },
  );
}
