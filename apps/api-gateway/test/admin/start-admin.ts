import { type AuthFixture, createAuthFixture, openSql, type TestSql } from "@libs/auth/testing";
import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { createTemporaryDirectory } from "@libs/testing";
import type { AdminSettings } from "../../src/admin/create-admin.ts";
import { createGateway, type Gateway, type GatewayDeps } from "../../src/build-gateway.ts";
import { checkedConfig } from "../support/start-gateway.ts";

export interface AdminGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Of the data plane. */
  readonly url: string;
  readonly adminUrl: string;
  readonly token: string;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  /** Calls the admin port with the token. `body` is sent as JSON. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  /** `undefined` where there is no body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

export interface AdminGatewayWithUsers extends AdminGateway {
  readonly sql: TestSql;
  readonly fixture: AuthFixture;
}

const settings = { port: 0, hostname: "127.0.0.1", version: "0.0.0" } as const;

/** A gateway with an admin port on free ports, with a token file of its own. */
export async function startAdminGateway(
  config: object,
  deps: Partial<GatewayDeps> = {},
  admin: Partial<AdminSettings> = {},
): Promise<AdminGateway> {
  const directory = await createTemporaryDirectory();
  const tokenFile = directory.file("secrets/admin-token");
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway", processMetrics: false });
  const gateway = createGateway(
    checkedConfig(config),
    { ...settings, admin: { port: 0, hostname: "127.0.0.1", tokenFile, allowedHosts: [], ...admin } },
    { logger: log.logger, metrics, ...deps },
  );
  await gateway.start();
  const token = (await Bun.file(tokenFile).text()).trim();
  const adminUrl = gateway.adminAddress?.url ?? "";
  return {
    gateway,
    url: gateway.address?.url ?? "",
    adminUrl,
    token,
    log,
    metrics,
    async ask(method, path, body) {
      const answer = await fetch(adminUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await directory.remove();
    },
  };
}

/** The same with users, sessions and keys on a database. */
export async function startAdminGatewayWithUsers(config: object): Promise<AdminGatewayWithUsers> {
  const sql = await openSql();
  const fixture = createAuthFixture(sql);
  await fixture.auth.start();
  const gateway = await startAdminGateway(config, { auth: fixture.auth, sql, now: fixture.clock.now });
  return {
    ...gateway,
    sql,
    fixture,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await fixture.auth.stop();
      await sql.close();
    },
  };
}
