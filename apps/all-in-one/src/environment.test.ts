import { describe, expect, test } from "bun:test";
import { readEnvironment } from "@libs/elysia-server";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { allInOneEnvironment, refuseVariables, refusedVariables } from "./environment.ts";
import { platformOptions } from "./platform-options.ts";

describe("the platform in one process", () => {
  test("uses every variable that it reads", () => {
    const read = new Set<PropertyKey>();
    const turnedOn = { OPENAI_API_KEY: "sk-test", ANTHROPIC_API_KEY: "sk-test" };
    const env = new Proxy(readEnvironment(allInOneEnvironment, turnedOn), {
      get(values, name, receiver) {
        read.add(name);
        return Reflect.get(values, name, receiver);
      },
    });
    const { openTracer } = platformOptions(env, "1.2.3", {});
    const metrics = createMetrics({ service: "test", version: "1.2.3" });
    openTracer({ service: "test", version: "1.2.3", logger: createMemoryLogger().logger, metrics });
    metrics.close();
    expect(Object.keys(allInOneEnvironment).filter((name) => !read.has(name))).toEqual([]);
  });

  test("refuses variables that it would ignore, each with its reason, also from a file", () => {
    const given = Object.fromEntries(Object.keys(refusedVariables).map((name) => [name, "given"]));
    for (const [name, reason] of Object.entries(refusedVariables)) {
      expect(() => refuseVariables(given)).toThrow(`${name}: cannot be set for \`npm start\`: ${reason}`);
      expect(() => refuseVariables({ [`${name}_FILE`]: "/run/secrets/given" })).toThrow(reason);
    }
  });

  test("accepts one worker, and treats an empty variable as unset", () => {
    expect(() => refuseVariables({ WORKERS: "1", PREDICTION_URL: "" })).not.toThrow();
    expect(() => refuseVariables({ WORKERS: "auto" })).toThrow("WORKERS");
  });

  test("applies the variables to its settings", () => {
    const env = readEnvironment(allInOneEnvironment, {
      DRAIN_NOTICE_MS: "7",
      DRAIN_DEADLINE_MS: "8",
      MODEL_DIRECTORY: "/models",
      TRAIN_EVERY_MS: "9000",
      AUTH_ISSUER: "https://shop.example",
      AUTH_REFRESH_GRACE_MS: "10000",
      GATEWAY_ENV: "prod",
      GIT_COMMIT: "abc123",
      BUILD_TIME: "2026-11-21",
      METRICS_LINES_MAX: "5000",
    });
    const { settings, config } = platformOptions(env, "1.2.3", {});
    expect(settings).toMatchObject({
      drain: { noticeMs: 7, deadlineMs: 8 },
      models: { directory: "/models", trainEveryMs: 9000 },
      issuer: "https://shop.example",
      refreshGraceMs: 10_000,
      commit: "abc123",
      builtAt: "2026-11-21",
      metricsLinesMax: 5000,
    });
    expect(config.environment).toBe("prod");
  });
});
