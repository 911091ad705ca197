import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { freePort } from "@libs/testing";
import type { SignInConfig } from "./schema.ts";
import { SignIn } from "./sign-in.ts";

const issuer = `http://127.0.0.1:${await freePort()}`;

function configOf(clientId: string): SignInConfig {
  const provider = {
    issuer,
    clientId,
    clientSecret: { env: "SECRET" },
    scopes: ["openid"],
    redirectUris: ["https://shop.test/signed-in"],
    createUsers: true,
    linkByEmail: false,
    roles: ["customer"],
    allowHttp: false,
  };
  return { publicUrl: "https://shop.test", origins: [], providers: { peer: provider } };
}

test("clients of previous configs are released, however often a config is reloaded", async () => {
  let config = configOf("first");
  const signIn = new SignIn({
    grants: { grant: () => Promise.reject(new Error("nobody gets this far")) },
    config: () => config,
    readSecret: () => "secret",
    logger: createMemoryLogger().logger,
    securityEvents: { report: () => undefined },
  });
  const before: WeakRef<object>[] = [];
  const reloads = 40;
  for (let reload = 0; reload < reloads; reload += 1) {
    config = configOf(`client-${reload}`);
    before.push(new WeakRef(config.providers["peer"] ?? {}));
    const started = signIn.start({
      provider: "peer",
      redirectUri: "https://shop.test/signed-in",
      challenge: "c".repeat(43),
      challengeMethod: "S256",
      clientState: "",
      cookies: null,
      address: "192.0.2.1",
    });
    expect(await started.catch((thrown: unknown) => thrown)).toMatchObject({ code: "identity_unavailable" });
  }
  Bun.gc(true);
  // the collector may take something on the stack for a reference
  expect(before.filter((one) => one.deref() !== undefined).length).toBeLessThan(reloads / 4);
});
