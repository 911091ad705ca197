/** A whole process as every app's `main.ts` makes it. */
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
