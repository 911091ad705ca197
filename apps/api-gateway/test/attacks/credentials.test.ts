import { describe, expect, test } from "bun:test";
import { signToken } from "@libs/auth/testing";
import { sendRaw } from "@libs/testing";
import { bearer, startAttackedGateway } from "./attacked-gateway.ts";

/** How a credential is spelled and placed. */
const gateway = await startAttackedGateway();
const { accessToken } = await gateway.login();

const strangers = () => signToken(gateway.stranger, gateway.claims());
const raw = (head: string) =>
  sendRaw(gateway.running.port, `${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);

describe("a malformed authentication scheme is refused and never treated as anonymous:", () => {
  const tricks = [
    "Bearer",
    "Bearer\t{}",
    "Bearer  {}",
    "Bearer {} x",
    "Bearer,{}",
    "Bearer:{}",
    "Bearer={}",
    "Bea rer {}",
    "Bearer {}, Bearer {}",
    ", Bearer {}",
    "Bearer {},",
    "Basic dTpw, Bearer {}",
    "Bearer {}, Basic dTpw",
    'Bearer "{}"',
    "Token {}",
    "Basic {}",
    "DPoP {}",
    "{}",
  ];
  test.each(tricks.map((trick) => ({ trick })))("$trick", async ({ trick }) => {
    const { expectRefused, get, upgrade } = gateway;
    const authorization = trick.replaceAll("{}", accessToken);
    const secret = accessToken;
    await expectRefused(() => get("/open/a", { authorization }), { status: 400, secret });
    await expectRefused(() => upgrade("/ws", { authorization }), { status: 401, secret });
  });

  test("the scheme's case is ignored (RFC 9110): a valid token is accepted, an invalid one refused", async () => {
    const { expectRefused, get, running } = gateway;
    expect((await get("/private/a", { authorization: `bEaReR ${accessToken}` })).status).toBe(200);
    running.echo.seen.length = 0;
    const secret = strangers();
    const authorization = `BEARER ${secret}`;
    await expectRefused(() => get("/open/a", { authorization }), { status: 401, secret });
  });
});

describe("credentials that are repeated or misplaced are refused:", () => {
  test("two Authorization headers, equal or not", async () => {
    for (const second of [accessToken, strangers()]) {
      const two = `Authorization: Bearer ${accessToken}\r\nAuthorization: Bearer ${second}`;
      const onRoute = { status: 400, secret: accessToken };
      await gateway.expectRefused(() => raw(`GET /private/a HTTP/1.1\r\n${two}`), onRoute);
    }
  });

  test("a token beside an empty Authorization header, or instead of one", async () => {
    const token = `Authorization: Bearer ${accessToken}`;
    for (const lines of [`${token}\r\nAuthorization:`, `Authorization:\r\n${token}`, "Authorization:"])
      await gateway.expectRefused(() => raw(`GET /open/a HTTP/1.1\r\n${lines}`), { status: 400 });
  });

  test("an API key under a misspelt header name, given twice, or in header and query", async () => {
    const { key } = await gateway.makeKey();
    const attacks: readonly [head: string, status: number][] = [
      [`GET /private/a HTTP/1.1\r\nX-Api-Key: ${key} x`, 401],
      [`GET /private/a HTTP/1.1\r\nX-Api-Key: ${key.toLowerCase()}`, 401],
      [`GET /private/a HTTP/1.1\r\nX-Api-Key: "${key}"`, 401],
      [`GET /private/a HTTP/1.1\r\nX-Api-Key: ${key}\r\nX-Api-Key: ${key}`, 401],
      [`GET /open/a HTTP/1.1\r\nX-Api-Key:`, 401],
      [`GET /private/a HTTP/1.1\r\nAuthorization: Bearer ${key}`, 401],
      [`GET /private/a?api_key=${key} HTTP/1.1\r\nX-Api-Key: ${key}`, 400],
      [`GET /private/a?api_key=${key}&api%5Fkey=${key} HTTP/1.1`, 400],
      [`GET /private/a?api_key=%20${key} HTTP/1.1`, 401],
    ];
    for (const [head, status] of attacks)
      await gateway.expectRefused(() => raw(head), { status, secret: key });
    // blanks around a value are none of it (RFC 9110, 5.5)
    expect((await raw(`GET /private/a HTTP/1.1\r\nX-Api-Key: \t ${key} \t`)).status).toBe(200);
  });

  test("two credentials for one socket, wherever they are", async () => {
    const { expectRefused, upgrade } = gateway;
    const offer = (...names: readonly string[]) => ({
      "sec-websocket-protocol": ["cartway.v1", ...names].join(", "),
    });
    const refusal = { status: 400, secret: accessToken };
    const token = `bearer.${accessToken}`;
    await expectRefused(() => upgrade("/ws", { ...bearer(accessToken), ...offer(token) }), refusal);
    await expectRefused(() => upgrade("/ws", offer(token, token)), refusal);
    await expectRefused(() => upgrade("/ws", offer(token, "ticket.abc")), refusal);
    await expectRefused(() => upgrade("/ws?ticket=abc", offer(token)), refusal);
    await expectRefused(() => upgrade("/ws?ticket=abc&ticket=abc"), { status: 400 });
  });

  test("a token in the query, under any spelling of the parameter", async () => {
    const { expectRefused, get, upgrade } = gateway;
    for (const name of ["access_token", "access%5ftoken", "%61ccess_token"]) {
      const query = `x=1&${name}=${accessToken}`;
      const refusal = { status: 400, secret: accessToken };
      await expectRefused(() => get(`/private/a?${query}`), refusal);
      await expectRefused(() => get(`/open/a?${query}`), refusal);
      await expectRefused(() => upgrade(`/ws?${query}`), { ...refusal, status: 401 });
      await expectRefused(() => upgrade(`/ws?${query}`, bearer(accessToken)), { ...refusal, status: 401 });
    }
  });

  test("a token in both query and header, or twice in the query", async () => {
    const { expectRefused, get } = gateway;
    const query = `token=${accessToken}`;
    await expectRefused(() => get(`/socket/a?${query}`, bearer(accessToken)), { status: 400 });
    await expectRefused(() => get(`/socket/a?${query}&${query}`), { status: 400 });
  });

  test("an access token used as a ticket, and a ticket used twice", async () => {
    const { expectRefused, upgrade, running } = gateway;
    const refusal = { status: 401, secret: accessToken };
    await expectRefused(() => upgrade(`/ws?ticket=${accessToken}`), refusal);
    const issued = await fetch(running.url("/auth/ws-ticket"), {
      method: "POST",
      headers: bearer(accessToken),
    });
    const { ticket }: { ticket: string } = JSON.parse(await issued.text());
    expect((await upgrade(`/ws/private?ticket=${ticket}`)).status).toBe(101);
    await expectRefused(() => upgrade(`/ws/private?ticket=${ticket}`), { status: 401, secret: ticket });
  });

  test("where the query may carry the token, it is accepted and not forwarded to the service", async () => {
    const { get, running } = gateway;
    expect((await get(`/socket/a?x=1&token=${accessToken}&y=2`)).status).toBe(200);
    const { key } = await gateway.makeKey();
    expect((await get(`/private/a?b=1&api%5Fkey=${key}&c=2`)).status).toBe(200);
    expect(running.echo.seen.map((seen) => seen.path)).toEqual(["/socket/a?x=1&y=2", "/private/a?b=1&c=2"]);
    const seen = JSON.stringify(running.echo.seen);
    expect([seen.includes(accessToken), seen.includes(key)]).toEqual([false, false]);
  });
});

describe("the hub's other transports apply the same rules:", () => {
  test.each([
    ["GET", "/ws/private/sse"],
    ["POST", "/ws/private/poll"],
    ["POST", "/hub/publish"],
    ["POST", "/auth/ws-ticket"],
  ])("%s %s with a token of an unknown issuer", async (method, path) => {
    const secret = strangers();
    const ask = () => fetch(gateway.running.url(path), { method, headers: bearer(secret) });
    await gateway.expectRefused(ask, { status: 401, secret });
  });

  test("publishing without permission, and a customer socket without a customer", async () => {
    const { expectRefused, running, upgrade } = gateway;
    const publish = () =>
      fetch(running.url("/hub/publish"), {
        method: "POST",
        headers: { ...bearer(signToken(gateway.good(), gateway.claims())) },
        body: "{}",
      });
    await expectRefused(publish, { status: 403 });
    const nobodys = bearer(signToken(gateway.good(), gateway.claims()));
    await expectRefused(() => upgrade("/ws/customer", nobodys), { status: 403 });
  });

  test("a page of another origin, whatever token it has", async () => {
    const { expectRefused, upgrade } = gateway;
    const origins = ["https://evil.test", "https://shop.test.evil.test", "http://shop.test", "null", "*"];
    for (const origin of origins) {
      const refusal = { status: 403, secret: accessToken };
      await expectRefused(() => upgrade("/ws", { ...bearer(accessToken), origin }), refusal);
    }
    const own = { ...bearer(accessToken), origin: "https://shop.test" };
    expect((await upgrade("/ws", own)).status).toBe(101);
  });
});
