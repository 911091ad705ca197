import { afterAll, beforeAll, expect, test } from "bun:test";
import { pick } from "@libs/testing";
import { OpenAPIClientAxios } from "openapi-client-axios";
import { tokenOf } from "./support/front-door.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
}, 120_000);
afterAll(() => platform.stop());

/** The document as anybody finds it at the service. */
async function readDocument(): Promise<unknown> {
  const fleet = platform.platform.services.find((app) => app.name === "fleet");
  return await (await fetch(`${fleet?.address?.url}/swagger/json`)).json();
}

/** A client generated from the document: it knows no other path, method or parameter. */
async function createClient(document: unknown) {
  const definition = document as ConstructorParameters<typeof OpenAPIClientAxios>[0]["definition"];
  const api = new OpenAPIClientAxios({ definition, withServer: { url: platform.url } });
  const client = await api.init();
  return {
    operations: api.getOperations().map((operation) => String(operation.operationId)),
    call: async (
      operationId: string,
      token: string | null,
      body?: object,
      parameters: Record<string, string> = {},
    ) => {
      const operation = Reflect.get(client, operationId);
      if (typeof operation !== "function") throw new Error(`the document has no operation ${operationId}`);
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await operation(parameters, body, { headers });
      const data: unknown = answer.data;
      return data;
    },
  };
}

test("a client generated from the OpenAPI document runs the complete workflow", async () => {
  const { call } = await createClient(await readDocument());
  const [ana, ben] = [tokenOf("shop-1", "ana"), tokenOf("shop-1", "ben")];
  const provisioned = await call("provisionDevice", ana, { name: "Kiosk" });
  const activationCode = pick(provisioned, "activationCode");
  const registered = await call("registerDevice", null, { activationCode });
  const [deviceId, secret] = [String(pick(registered, "deviceId")), pick(registered, "secret")];
  const device = String(pick(await call("authenticateDevice", null, { deviceId, secret }), "token"));
  await call("sendHeartbeat", device, { status: "ok", metrics: { load_per_core: 0.5 } });

  const opened = await call("openSession", ana, {
    deviceId,
    reason: "the till hangs",
    fourEyes: true,
    commands: [{ kind: "restart_service", parameters: { service: "till" } }],
  });
  const session = { id: String(pick(opened, "id")) };
  const approval = { planHash: pick(opened, "planHash") };
  await call("approveSession", ben, approval, session);

  const waiting = await call("waitForCommands", device, undefined, { wait: "5" });
  expect(pick(waiting, "commands", 0, "kind")).toBe("restart_service");
  const claimed = await call("claimCommands", device, { max: 1 });
  const command = { id: String(pick(claimed, "commands", 0, "id")) };
  const claimToken = pick(claimed, "commands", 0, "claimToken");
  await call("extendClaim", device, { claimToken }, command);
  await call("reportResult", device, { claimToken, outcome: "succeeded" }, command);

  expect(await call("getSession", ana, undefined, session)).toMatchObject({
    status: "completed",
  });
  expect(await call("getDeviceStatus", ana, undefined, { id: deviceId })).toMatchObject({
    online: true,
  });
});

test("the document describes every route of devices and customers, with names, security, bodies, responses and errors", async () => {
  const document = await readDocument();
  const { operations } = await createClient(document);
  expect(operations.length).toBeGreaterThanOrEqual(27);
  const paths = Object.entries(Object(pick(document, "paths"))).filter(([path]) =>
    path.startsWith("/api/v1"),
  );
  for (const [path, methods] of paths) {
    for (const [method, operation] of Object.entries(Object(methods))) {
      const where = `${method} ${path}`;
      expect([where, pick(operation, "summary")]).toEqual([where, expect.any(String)]);
      const good = pick(operation, "responses", "200", "content", "application/json", "schema");
      expect([where, good]).toEqual([where, expect.any(Object)]);
      expect([where, pick(operation, "responses", "401")]).toEqual([where, expect.any(Object)]);
      // the name of a method in a generated client
      expect(pick(operation, "operationId")).toMatch(/^[a-z][A-Za-z]+$/);
      // without a token a device can register and log in, and other callers can do nothing
      const needsToken = !path.endsWith("/register") && !path.endsWith("/auth");
      expect([where, pick(operation, "security")]).toEqual([where, needsToken ? [{ bearer: [] }] : []]);
      expect(JSON.stringify(operation)).not.toContain("multipart/form-data");
    }
  }
  expect(JSON.stringify(document)).not.toContain("/internal/");
});
