import { describe, expect, test } from "bun:test";
import { createLogger } from "./create-logger.ts";
import { currentLogContext, runWithLogContext } from "./log-context.ts";
import { createMemoryLogger } from "./memory-logger.ts";

describe("a logger", () => {
  test("writes one JSON object per line with level, time, name and message", () => {
    const { logger, lines, text } = createMemoryLogger();
    logger.info({ port: 3000 }, "listening");
    logger.warn("plain");
    expect(lines).toEqual([
      { level: "info", time: expect.any(String), name: "memory", port: 3000, message: "listening" },
      { level: "warn", time: expect.any(String), name: "memory", message: "plain" },
    ]);
    expect(text().split("\n")).toHaveLength(3);
  });

  test("includes request id and tenant of the current request, across awaits", async () => {
    const { logger, lines } = createMemoryLogger();
    await runWithLogContext({ requestId: "r-1" }, async () => {
      logger.info("before");
      await new Promise((resolve) => setImmediate(resolve));
      const context = currentLogContext();
      if (context !== undefined) context.tenantId = "t-1";
      logger.info("after");
    });
    logger.info("outside");
    expect(lines).toMatchObject([{ requestId: "r-1" }, { requestId: "r-1", tenantId: "t-1" }, {}]);
    expect(lines[2]).not.toHaveProperty("requestId");
  });

  test("children include their bindings, redacted, and do not change their parent", () => {
    const { logger, lines } = createMemoryLogger();
    const child = logger.child({ part: "hub", password: "hunter2" }).child({ socket: 7 });
    child.error({ socket: 8 }, "closed");
    logger.error({}, "parent");
    expect(lines[0]).toMatchObject({ part: "hub", password: "[redacted]", message: "closed" });
    expect(lines[1]).not.toHaveProperty("part");
  });

  test("redacts fields, messages and errors in every form", () => {
    const { logger, text, lines } = createMemoryLogger();
    logger.info({ login: { password: "hunter2" } }, "mail from a@example.com");
    logger.info("Bearer hunter2hunter2");
    logger.error(new Error("postgres://a:hunter2@db"));
    logger.error(new Error("token=hunter2"), "with a message");
    logger.error({ err: new Error("x", { cause: new Error("secret=hunter2") }) });
    logger.error({ err: new Error("token=hunter2") });
    expect(text()).not.toContain("hunter2");
    expect(text()).not.toContain("a@example.com");
    expect(lines[2]).toMatchObject({
      err: { type: "Error", message: "postgres://a:[redacted]@db" },
      message: "postgres://a:[redacted]@db",
    });
    expect(lines[3]).toMatchObject({ message: "with a message" });
    expect(lines[5]).toMatchObject({ message: "token=[redacted]" });
  });

  test("writes nothing below its level, and reports in advance which levels are enabled", () => {
    const { logger, lines } = createMemoryLogger("warn");
    logger.trace("no");
    logger.debug("no");
    logger.info("no");
    logger.fatal("yes");
    expect(lines).toHaveLength(1);
    expect(logger.level).toBe("warn");
    expect(logger.isLevelEnabled("info")).toBe(false);
    expect(logger.isLevelEnabled("error")).toBe(true);
  });

  test("flush waits for a destination that can be flushed", async () => {
    let flushed = 0;
    const flushing = createLogger({
      name: "x",
      destination: {
        write() {},
        flush: () => {
          flushed += 1;
          return Promise.resolve();
        },
      },
    });
    await flushing.flush();
    await createMemoryLogger().logger.flush();
    expect(flushed).toBe(1);
  });

  test("flush resolves if nothing was written", async () => {
    const quiet = createLogger({ name: "quiet", level: "silent" });
    quiet.fatal("no");
    await quiet.flush();
  });

  test("writes every line to standard output by default, also if the process exits right after a flush", async () => {
    const script = `
      const { createLogger } = await import(${JSON.stringify(`${import.meta.dir}/create-logger.ts`)});
      const logger = createLogger({ name: "app" });
      for (let line = 0; line < 5000; line += 1) logger.info({ line }, "text");
      logger.debug("below the level");
      await logger.flush();
      process.exit(0);`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    const written = (await new Response(child.stdout).text()).trim().split("\n");
    expect(written).toHaveLength(5000);
    expect(JSON.parse(written.at(-1) ?? "")).toMatchObject({ name: "app", line: 4999 });
  });
});
