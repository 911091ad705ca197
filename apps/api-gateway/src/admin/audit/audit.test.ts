import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { createAudit } from "./audit.ts";

const act = { actor: "user 1", verb: "limit.reset", subject: "x", before: { left: 0 }, after: "full" };

test("an action that cannot be audited is refused, and the attempt is logged", async () => {
  const log = createMemoryLogger();
  const gone = () => Promise.reject(new Error("the database is away"));
  const audit = createAudit({ sql: { query: gone, transaction: gone }, logger: log.logger, now: () => 0 });
  await expect(audit.record(act)).rejects.toThrow("the database is away");
  expect(log.lines).toMatchObject([{ level: "error", audit: "limit.reset", actor: "user 1" }]);
});

test("without a database the log is the audit trail, at a level that quiet loggers write, too", async () => {
  const log = createMemoryLogger("warn");
  await createAudit({ sql: null, logger: log.logger, now: () => 0 }).record(act);
  const { verb, ...rest } = act;
  expect(log.lines).toMatchObject([{ audit: verb, ...rest, time: expect.any(String) }]);
});
