import { openPostgreSQL } from "@libs/database";
import { openService } from "@libs/elysia-server";
import manifest from "../package.json" with { type: "json" };
import { createFleet } from "./create-fleet.ts";
import { fleetEnvironment } from "./environment.ts";

const { version } = manifest;
const { env, settings, telemetry, run } = await openService(
  { name: "fleet", version, environment: fleetEnvironment },
  process.env,
);
const sql = await openPostgreSQL({ url: env.DATABASE_URL });
const app = createFleet({ ...settings, codeLifeMs: env.ACTIVATION_CODE_LIFE_MS }, { ...telemetry, sql });
await run(app, [() => sql.close()]);
