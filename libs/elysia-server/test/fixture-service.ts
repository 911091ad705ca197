/** A process like an app's `main.ts`. */
import { Elysia } from "elysia";
import { createElysiaServer, openService, serverEnvironment } from "../src/index.ts";

const { env, settings, telemetry, run } = openService(
  { name: "fixture", version: "1.2.3", environment: serverEnvironment(0) },
  process.env,
);
const app = createElysiaServer({
  ...settings,
  ...telemetry,
  name: "fixture",
  routes: [new Elysia().get("/level", () => env.LOG_LEVEL)],
});
await run(app, [() => Promise.resolve(telemetry.logger.info({}, "stores closed"))]);
