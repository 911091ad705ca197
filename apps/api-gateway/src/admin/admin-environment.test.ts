import { expect, test } from "bun:test";
import { readEnvironment } from "@libs/elysia-server";
import { adminEnvironment, adminSettings } from "./admin-environment.ts";

const read = (env: Record<string, string>) => readEnvironment(adminEnvironment, env);

test("by default the admin port listens on loopback, with a token file", () => {
  expect(adminSettings(read({}), "data/admin-token")).toEqual({
    port: 3900,
    hostname: "127.0.0.1",
    tokenFile: "data/admin-token",
    allowedHosts: [],
  });
});

test("the environment can change its address, or disable it", () => {
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
