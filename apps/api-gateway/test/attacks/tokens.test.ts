import { describe, expect, test } from "bun:test";
import { signToken } from "@libs/auth/testing";
import { bearer, startAttackedGateway } from "./attacked-gateway.ts";
import { hostileTokens, respelt } from "./hostile-tokens.ts";

const gateway = await startAttackedGateway();

/** What RFC 6750 calls a token; all else is no proper use of the scheme, and answered 400 on routes. */
const isWellFormed = (token: string) => /^[A-Za-z0-9._~+/-]+=*$/.test(token);
/** What can be written as the name of a subprotocol (RFC 9110, 5.6.2). */
const isName = (token: string) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(token);

async function expectNowhere(token: string): Promise<void> {
  const { expectRefused, get, upgrade } = gateway;
  const onRoute = { status: isWellFormed(token) ? 401 : 400, secret: token };
  await expectRefused(() => get("/private/a", bearer(token)), onRoute);
  await expectRefused(() => get("/open/a", bearer(token)), onRoute);
  const onHub = { status: 401, secret: token };
  await expectRefused(() => upgrade("/ws", bearer(token)), onHub);
  await expectRefused(() => upgrade("/ws/private", bearer(token)), onHub);
  if (!isName(token)) return;
  const protocols = { "sec-websocket-protocol": `cartway.v1, bearer.${token}` };
  await expectRefused(() => upgrade("/ws", protocols), onHub);
}

describe("a token is refused on routes and at the hub, also where anonymous callers are admitted:", () => {
  test.each(hostileTokens.map(({ name, make }) => ({ name, make })))("$name", async ({ make }) => {
    await expectNowhere(make(gateway));
  });

  test("a platform token in another encoding, after the original was cached", async () => {
    const { accessToken } = await gateway.login();
    expect((await gateway.get("/private/a", bearer(accessToken))).status).toBe(200);
    gateway.running.echo.seen.length = 0;
    await expectNowhere(respelt(accessToken));
  });

  test("and the response says invalid_token without the reason", async () => {
    const answer = await gateway.get("/private/a", bearer(signToken(gateway.stranger, gateway.claims())));
    const challenge = answer.headers.get("www-authenticate");
    expect(challenge).toBe(
      'Bearer realm="cartway", error="invalid_token", error_description="The token is not valid.", Key realm="cartway"',
    );
    expect(await answer.text()).not.toContain("signature");
    const atHub = await gateway.upgrade("/ws", bearer(signToken(gateway.stranger, gateway.claims())));
    expect(atHub.headers.get("www-authenticate")).toBe(challenge);
    expect(await atHub.text()).not.toContain("signature");
  });
});
