import { afterAll, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { loadConfigOffThread } from "../../src/config/worker/load-config-off-thread.ts";
import { startAdminGateway } from "./start-admin.ts";

const directory = await createTemporaryDirectory();
const file = directory.file("gateway.yaml");
const policies = [{ type: "respond", body: "one" }];
const hello = { id: "hello", match: { path: "/hello" }, policies };
const admin = await startAdminGateway(
  { version: 1, services: {}, routes: [hello] },
  { loadConfig: () => loadConfigOffThread({ file }) },
);
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await directory.remove();
});

const routes = Array.from({ length: 2000 }, (_, index) => ({
  id: `r-${index}`,
  match: { path: `/r/${index}/*`, methods: ["GET", "POST"], headers: { "x-shop": `s-${index}` } },
  policies: [{ type: "rate-limit", by: ["ip"], limit: 10, windowMs: 1000 }, ...policies],
}));
const large = JSON.stringify({ version: 1, services: {}, routes: [hello, ...routes] }, null, 1);

const enough = 20;

/** Requests that are answered, one after the other, before `work` is done; `enough` at most. */
async function answeredDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  void work.finally(() => (isDone = true)).catch(() => undefined);
  for (let answered = 0; ; answered += 1) {
    expect((await fetch(`${admin.url}/hello`)).status).toBe(200);
    if (isDone || answered === enough) return answered;
  }
}

test("requests are answered while a config of thousands of routes is validated", async () => {
  const validating = admin.ask("POST", "/config/validate", large);
  expect(await answeredDuring(validating)).toBe(enough);
  const { body } = await validating;
  expect(body).toMatchObject({ isValid: true, issues: [], changes: { isSame: false } });
  expect(body.changes.routes.added).toHaveLength(routes.length);
}, 60_000);

test("requests are answered while an invalid config is loaded, and it changes nothing", async () => {
  await Bun.write(file, large.replace('"limit": 10,', '"limit": "ten",'));
  const reloading = admin.ask("POST", "/config/reload");
  expect(await answeredDuring(reloading)).toBe(enough);
  const { status, body } = await reloading;
  expect(status).toBe(422);
  const [issue] = body.error.details.issues;
  expect(issue).toMatchObject({ path: "/routes/1/policies/0/limit", line: expect.any(Number) });
}, 60_000);

test("configs beyond the number of worker threads are queued", async () => {
  const small = JSON.stringify({ version: 1, services: {}, routes: [hello] });
  const all = await Promise.all(
    Array.from({ length: 6 }, () => admin.ask("POST", "/config/validate", small)),
  );
  const refused = all.filter(({ status }) => status === 503);
  expect([all.length, refused.length]).toEqual([6, 4]);
}, 60_000);
