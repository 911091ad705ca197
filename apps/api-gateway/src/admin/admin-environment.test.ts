import { expect, test } from "bun:test";
import { readEnvironment } from "@libs/elysia-server";
import { adminEnvironment, adminSettings } from "./admin-environment.ts";

const read = (env: Record<string, string>) => readEnvironment(adminEnvironment, env);

test("the admin port is on loopback, with the token file that whoever starts it has for it", () => {
  expect(adminSettings(read({}), "data/admin-token")).toEqual({
    port: 3900,
    hostname: "127.0.0.1",
    tokenFile: "data/admin-token",
    allowedHosts: [],
  });
});

test("the environment says otherwise, and can do without", () => {
  const env = read({
    ADMIN_PORT: "0",
    ADMIN_HOST: "10.0.0.1",
    ADMIN_TOKEN_FILE: "/run/token",
    ADMIN_ALLOWED_HOSTS: "a.test, b.test",
  });
  expect(adminSettings(env, null)).toEqual({
    port: 0,
    hostname: "10.0.0.1",
    tokenFile: "/run/token",
    allowedHosts: ["a.test", "b.test"],
  });
  expect(adminSettings(read({ ADMIN_ENABLED: "false" }), null)).toBeNull();
});
