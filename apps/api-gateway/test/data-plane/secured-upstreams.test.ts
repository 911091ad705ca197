import { afterAll, describe, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { checkedConfig, serviceAt, startGatewayTo } from "../support/start-gateway.ts";
import { openClient } from "../websocket/socket-client.ts";
import { startTlsUpstream, type TlsUpstream } from "../support/upstreams/start-tls-upstream.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory[Symbol.asyncDispose]());

/** What the service's `tls` may refer to, as files. */
async function filesOf({
  ca,
  client,
}: TlsUpstream): Promise<Record<"ca" | "cert" | "key", { file: string }>> {
  const write = async (name: string, text: string): Promise<{ file: string }> => {
    const file = `${directory.path}/${crypto.randomUUID()}-${name}.pem`;
    await Bun.write(file, text);
    return { file };
  };
  return {
    ca: await write("ca", ca),
    cert: await write("cert", client.cert),
    key: await write("key", client.key),
  };
}

describe("a service behind TLS", () => {
  test("is reached with its CA and server name configured", async () => {
    await using upstream = await startTlsUpstream("service.test");
    const { ca } = await filesOf(upstream);
    const tls = { ca, serverName: "service.test" };
    await using gateway = await startGatewayTo(`https://${upstream.target.id}`, {}, { tls });
    expect(await (await fetch(`${gateway.url}/a`)).text()).toBe("secured GET /a");
  });

  test.each([
    ["of an authority that nobody named", {}],
    ["for another name", { serverName: "other.test" }],
  ])("with a certificate that is %s is never sent a request", async (_, settings) => {
    await using upstream = await startTlsUpstream("service.test");
    const { ca } = await filesOf(upstream);
    const tls = "serverName" in settings ? { ca, ...settings } : settings;
    await using gateway = await startGatewayTo(`https://${upstream.target.id}`, {}, { tls });
    const answer = await fetch(gateway.url);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, "upstream_unreachable"]);
  });

  describe.each(["http1", "http2"] as const)("over %s", (protocol) => {
    const http2 = protocol === "http2";

    test("is reached whatever its certificate, where none is verified", async () => {
      await using upstream = await startTlsUpstream("service.test", { http2 });
      const service = { protocol, tls: { verify: false } };
      await using gateway = await startGatewayTo(`https://${upstream.target.id}`, {}, service);
      expect(await (await fetch(`${gateway.url}/a`)).text()).toBe("secured GET /a");
    });

    test("is reached by its address, if its certificate is for that", async () => {
      await using upstream = await startTlsUpstream("127.0.0.1", { http2 });
      const { ca } = await filesOf(upstream);
      const service = { protocol, tls: { ca } };
      await using gateway = await startGatewayTo(`https://${upstream.target.id}`, {}, service);
      expect(await (await fetch(`${gateway.url}/a`)).text()).toBe("secured GET /a");
    });
  });

  test.each([
    ["by its address", "127.0.0.1", {}, true],
    ["by a name", "service.test", { serverName: "service.test" }, true],
    [
      "whatever its certificate, where none is verified",
      "service.test",
      { ca: undefined, verify: false },
      true,
    ],
    ["not by its address with a certificate for a name", "service.test", {}, false],
    ["not by another address than its certificate is for", "127.0.0.1", { serverName: "127.0.0.2" }, false],
  ])("is reached for WebSockets %s", async (_how, name, settings, isReached) => {
    await using upstream = await startTlsUpstream(name);
    const { ca } = await filesOf(upstream);
    const service = { tls: { ca, ...settings } };
    await using gateway = await startGatewayTo(`https://${upstream.target.id}`, { websocket: true }, service);
    const opening = openClient(gateway.url);
    if (!isReached) return await expect(opening).rejects.toThrow("refused");
    await using client = await opening;
    expect(await client.messages.next()).toBe("secured");
  });

  test("that requests a client certificate gets the gateway's", async () => {
    await using upstream = await startTlsUpstream("service.test", { asksForCertificate: true });
    const { ca, cert, key } = await filesOf(upstream);
    const tls = { ca, serverName: "service.test" };
    await using stranger = await startGatewayTo(`https://${upstream.target.id}`, {}, { tls });
    expect((await fetch(stranger.url)).status).toBe(502);
    await using known = await startGatewayTo(
      `https://${upstream.target.id}`,
      {},
      { tls: { ...tls, cert, key } },
    );
    expect((await fetch(known.url)).status).toBe(200);
  });

  test("is called over HTTP/2 if configured, bodies and repeated fields included", async () => {
    await using upstream = await startTlsUpstream("service.test", { http2: true });
    const { ca } = await filesOf(upstream);
    const service = { protocol: "http2", tls: { ca, serverName: "service.test" } };
    await using gateway = await startGatewayTo(`https://${upstream.target.id}`, {}, service);
    const answer = await fetch(`${gateway.url}/a?b`, { method: "POST", body: "hello" });
    expect(await answer.text()).toBe("secured POST /a?b hello");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("is called with the renewed certificate file after a reload", async () => {
    await using upstream = await startTlsUpstream("service.test", { asksForCertificate: true });
    await using other = await startTlsUpstream("service.test");
    const { ca, cert, key } = await filesOf(upstream);
    const right = [await Bun.file(cert.file).text(), await Bun.file(key.file).text()] as const;
    await Bun.write(cert.file, other.client.cert);
    await Bun.write(key.file, other.client.key);
    const service = serviceAt(`https://${upstream.target.id}`, {
      tls: { ca, cert, key, serverName: "service.test" },
    });
    const config = {
      services: { api: service },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    };
    await using gateway = await startGatewayTo(
      `https://${upstream.target.id}`,
      {},
      { tls: { ca, cert, key, serverName: "service.test" } },
    );
    expect((await fetch(gateway.url)).status).toBe(502);
    await Bun.write(cert.file, right[0]);
    await Bun.write(key.file, right[1]);
    await gateway.gateway.reload(checkedConfig(config));
    expect((await fetch(gateway.url)).status).toBe(200);
  });
});
