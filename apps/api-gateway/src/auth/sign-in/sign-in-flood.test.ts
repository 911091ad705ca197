import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { setFlowCookie } from "./flow-cookie.ts";
import { SignIn } from "./sign-in.ts";

const redirectUri = "https://shop.test/signed-in";

/** A provider that is found, and never answers for a code. */
function startSilentProvider() {
  const asked = Promise.withResolvers<void>();
  let codes = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ url }): Response | Promise<Response> {
      const { origin: issuer, pathname } = new URL(url);
      if (pathname.includes(".well-known"))
        return Response.json({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
        });
      codes += 1;
      if (codes === 64) asked.resolve();
      return new Promise<Response>(() => undefined);
    },
  });
  return {
    issuer: server.url.origin,
    asked: asked.promise,
    codes: () => codes,
    stop: () => server.stop(true),
  };
}

test("concurrent sign-in callbacks are bounded: the excess is refused with Retry-After and calls no provider", async () => {
  const provider = startSilentProvider();
  const { issuer } = provider;
  const peer = {
    issuer,
    clientId: "shop",
    clientSecret: { env: "SECRET" },
    scopes: ["openid"],
    redirectUris: [redirectUri],
    createUsers: true,
    linkByEmail: false,
    roles: [],
    allowHttp: false,
  };
  const signIn = new SignIn({
    grants: { grant: () => Promise.reject(new Error("nobody gets this far")) },
    config: () => ({ publicUrl: "http://127.0.0.1:1", origins: [], providers: { peer } }),
    readSecret: () => "secret",
    logger: createMemoryLogger().logger,
    securityEvents: { report: () => undefined },
  });
  const flow = { provider: "peer", state: "s", nonce: "n", verifier: "v".repeat(43), redirectUri };
  const [cookie = ""] = setFlowCookie({ ...flow, challenge: "c".repeat(43), clientState: "" }, false);
  const cookies = cookie.split(";", 1)[0] ?? "";
  const finish = () =>
    signIn.finish({ provider: "peer", query: "code=c&state=s", cookies, address: "192.0.2.1" });
  const underCheck = Array.from({ length: 64 }, finish);
  await provider.asked;
  expect(finish()).rejects.toMatchObject({ code: "overloaded", retryAfterSeconds: 2 });
  expect(provider.codes()).toBe(64);
  await provider.stop();
  for (const answer of await Promise.all(underCheck))
    expect(answer.headers.get("location")).toBe(`${redirectUri}?error=server_error`);
  // and there is room again
  expect((await finish()).headers.get("location")).toBe(`${redirectUri}?error=server_error`);
});
