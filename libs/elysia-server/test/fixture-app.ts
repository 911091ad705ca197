/** A process for the signal tests: a main.ts as in an app, with a slow route and a stream. */
import { createLogger, createMetrics } from "@libs/monitoring";
import { Elysia } from "elysia";
import { createElysiaServer, ReportedFailure } from "../src/index.ts";
import { runUntilSignal } from "../src/lifecycle/run-until-signal.ts";

const mode = process.argv[2] ?? "plain";
const logger = createLogger({ name: "fixture" });
const metrics = createMetrics({ service: "fixture" });

/** More than a pipe holds. */
async function talk(): Promise<void> {
  for (let line = 0; line < 2000; line += 1) logger.info({ text: "x".repeat(1000) }, "much");
  await Bun.write(Bun.stderr, "has said much\n");
}

const app = createElysiaServer({
  name: "fixture",
  version: "0",
  port: mode === "taken" ? Number(process.argv[3]) : 0,
  hostname: "127.0.0.1",
  logger,
  metrics,
  drain: { deadlineMs: 10_000 },
  routes: [
    new Elysia()
      .get("/stream", async function* () {
        for (let part = 1; part <= 5; part += 1) {
          yield `part ${part}\n`;
          await Bun.sleep(60);
        }
        yield "end";
      })
      .get("/never", () => new Promise<string>(() => {}))
      .get("/crash", () => {
        setTimeout(() => {
          throw new Error("nobody catches this");
        });
        return "crashing";
      }),
  ],
  onStart: () => (mode === "talkative" ? talk() : Promise.resolve()),
  onStop: () => Promise.resolve(logger.info({}, "stores flushed")),
});

const ended = new AbortController();
if (mode === "ended") process.stdin.on("data", () => ended.abort());
if (mode === "ended-before") ended.abort();
if (mode === "told")
  Object.assign(app, { start: () => Promise.reject(new ReportedFailure("reported elsewhere", 5)) });

await runUntilSignal(app, {
  logger,
  ended: ended.signal,
  close: [
    () => (mode === "unclosable" ? Promise.reject(new Error("cannot be closed")) : Promise.resolve()),
    () => Promise.resolve(logger.info({}, "stores closed")),
  ],
});
