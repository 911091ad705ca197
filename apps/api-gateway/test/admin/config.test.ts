import { afterAll, describe, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { stringify } from "yaml";
import { loadConfig } from "../../src/config/load-config.ts";
import { startAdminGateway } from "./start-admin.ts";

const directory = await createTemporaryDirectory();
const file = directory.file("gateway.yaml");
const config = {
  version: 1,
  identity: {
    partner: {
      type: "jwt",
      issuer: "https://id.test",
      audience: "shop",
      algorithms: ["HS256"],
      secret: { env: "PARTNER_SECRET" },
    },
  },
  services: { api: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } },
  routes: [
    {
      id: "hello",
      match: { path: "/hello" },
      policies: [{ type: "respond", contentType: "text/plain", body: "one" }],
    },
    {
      id: "api",
      match: { path: "/api" },
      service: "api",
      policies: [{ type: "transform", request: { set: { authorization: "Basic cGxhaW4=", "x-shop": "1" } } }],
    },
  ],
};
await Bun.write(file, stringify(config));
const env = { PARTNER_SECRET: "p".repeat(40) };
const admin = await startAdminGateway(config, { env, loadConfig: () => loadConfig({ file }) });
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await directory.remove();
});
const hello = async () => (await fetch(`${admin.url}/hello`)).text();

describe("GET /config", () => {
  test("returns the running config with references to secrets, without their values", async () => {
    const { status, body } = await admin.ask("GET", "/config");
    expect(status).toBe(200);
    expect(body.status).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{12}$/), lastReload: null });
    expect(body.config.identity.partner.secret).toEqual({ env: "PARTNER_SECRET" });
    expect(body.config.routes[1].policies[0].request.set).toEqual({
      authorization: "[withheld]",
      "x-shop": "1",
    });
    expect(JSON.stringify(body)).not.toContain("pppp");
    expect(body.config.services.api.connectionsMax).toBeNumber();
  });
});

describe("POST /config/validate", () => {
  test("reports all problems at once, each with its line, and changes nothing", async () => {
    const broken = "version: 1\nroute: []\nroutes:\n  - { id: A, match: { path: x } }\n";
    const { status, body } = await admin.ask("POST", "/config/validate", broken);
    expect(status).toBe(200);
    expect(body.isValid).toBe(false);
    expect(body.issues.map(({ path, line }: { path: string; line: number }) => [path, line])).toEqual([
      ["/route", 2],
      ["/routes/0/id", 4],
      ["/routes/0/match/path", 4],
    ]);
    const notYaml = await admin.ask("POST", "/config/validate", "routes: [");
    expect(notYaml.body).toMatchObject({ isValid: false, issues: [{ line: 1 }] });
    expect(await hello()).toBe("one");
  }, 60_000);

  test("reports what a valid config would change", async () => {
    const [first] = config.routes;
    const next = {
      ...config,
      identity: {},
      server: { via: "other" },
      routes: [first, { ...first, id: "new", match: { path: "/new" } }],
    };
    const { body } = await admin.ask("POST", "/config/validate", stringify(next));
    expect(body).toMatchObject({
      isValid: true,
      issues: [],
      changes: {
        isSame: false,
        routes: { added: ["new"], removed: ["api"], changed: [] },
        services: { added: [], removed: [], changed: [] },
        identity: { removed: ["partner"] },
        sections: ["server"],
      },
    });
    const same = await admin.ask("POST", "/config/validate", stringify(config));
    expect(same.body.changes).toMatchObject({ isSame: true, sections: [], routes: { changed: [] } });
  }, 60_000);

  test("bounds the request body", async () => {
    const answer = await fetch(`${admin.adminUrl}/config/validate`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin.token}`, "content-type": "application/yaml" },
      body: new Uint8Array(17 * 1024 * 1024),
    });
    expect(answer.status).toBe(413);
  });
});

describe("POST /config/reload", () => {
  test("loads the current file, and audits who did it, before and after", async () => {
    const before = (await admin.ask("GET", "/config")).body.status.hash;
    await Bun.write(file, stringify(config).replace("body: one", "body: two"));
    const { status, body } = await admin.ask("POST", "/config/reload");
    expect(status).toBe(200);
    expect(body).toMatchObject({ outcome: "applied", previousHash: before, status: { hash: body.hash } });
    expect(await hello()).toBe("two");
    const [line] = admin.log.lines.filter((one) => "audit" in one);
    expect(line).toMatchObject({
      level: "warn",
      audit: "config.reload",
      actor: "the admin token",
      before: { hash: before },
      after: { hash: body.hash, outcome: "applied" },
    });
  });

  test("refuses an invalid file with all its problems, and keeps the running config", async () => {
    await Bun.write(file, "version: 1\nroutes: 7\n");
    const { status, body } = await admin.ask("POST", "/config/reload");
    expect(status).toBe(422);
    expect(body.error).toMatchObject({
      code: "validation_failed",
      details: { issues: [{ path: "/routes", line: 2 }] },
    });
    expect(await hello()).toBe("two");
    const shown = (await admin.ask("GET", "/config")).body.status;
    expect(shown.lastReload).toMatchObject({
      outcome: "refused",
      problem: expect.stringContaining("/routes"),
    });
  });

  test("reports that the gateway was not started from a file", async () => {
    await using other = await startAdminGateway({ routes: [] });
    expect(await other.ask("POST", "/config/reload")).toMatchObject({
      status: 501,
      body: { error: { code: "not_implemented" } },
    });
  });
});
