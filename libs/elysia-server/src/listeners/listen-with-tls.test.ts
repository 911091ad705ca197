import type { ConnectionOptions } from "node:tls";
import { afterAll, describe, expect, test } from "bun:test";
import { createEventLog, createMeshAuthority, freePort, sendRaw } from "@libs/testing";
import { ownPorts } from "../../test/own-ports.ts";
import { codeOf, startServer } from "../../test/start-server.ts";
import { shakeHands, shownTo, startTlsServer, tlsWith, withNames } from "../../test/start-tls-server.ts";

const authority = await createMeshAuthority("Clients and servers");
const stranger = await createMeshAuthority("Nobody's");
const ca = authority.certificate;
const issue = (name: string) => authority.issue({ commonName: name, names: [`DNS:${name}`, "IP:127.0.0.1"] });
const shop = withNames(await issue("shop.test"), "shop.test");
const wild = withNames(await issue("*.shop.test"), "*.shop.test");
const renewed = withNames(await issue("renewed.test"), "shop.test");
const machine = await authority.issue({ commonName: "machine" });
const foreign = await stranger.issue({ commonName: "machine" });
const clientCertificates = { authorities: ca, required: true };
afterAll(async () => {
  await authority[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

/** What a client and the server agree on. */
async function agreed(port: number, options: ConnectionOptions) {
  const checkServerIdentity = () => undefined;
  const socket = await shakeHands(port, { ca, checkServerIdentity, ...options });
  const result = { alpn: socket.alpnProtocol, version: socket.getProtocol() };
  socket.destroy();
  return result;
}

describe.each([
  ["with TLS", tlsWith([shop, wild])],
  [
    "with TLS that asks for client certificates",
    tlsWith([shop, wild], { clientCertificates: { authorities: ca, required: false } }),
  ],
])("a listener %s", (_name, tls) => {
  test("presents the certificate of the requested name, and the first one otherwise", async () => {
    await using started = await startTlsServer(tls);
    expect(started.url).toStartWith("https://");
    const shown = ["shop.test", "a.shop.test", "other.test"].map((name) => shownTo(started.port, ca, name));
    expect(await Promise.all(shown)).toEqual(["shop.test", "*.shop.test", "shop.test"]);
  });

  test("speaks HTTP/2 with clients that offer it and HTTP/1.1 with all others, and knows their addresses", async () => {
    await using started = await startTlsServer(tls);
    for (const protocol of ["http1.1", "h2"] as const) {
      const options = { tls: { ca }, protocol };
      expect(await (await fetch(`${started.url}/a?b=c`, options)).json()).toMatchObject({
        address: "127.0.0.1",
      });
    }
    expect((await agreed(started.port, { ALPNProtocols: ["h2", "http/1.1"] })).alpn).toBe("h2");
    expect((await agreed(started.port, { ALPNProtocols: ["http/1.1"] })).alpn).not.toBe("h2");
  });

  test("accepts no TLS version below the configured one", async () => {
    const tls12 = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
    const tls11 = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" } as const;
    await using lenient = await startTlsServer(tls);
    expect((await agreed(lenient.port, tls12)).version).toBe("TLSv1.2");
    await expect(agreed(lenient.port, tls11)).rejects.toThrow();
    await using strict = await startTlsServer({ ...tls, minVersion: "1.3" });
    await expect(agreed(strict.port, tls12)).rejects.toThrow();
    await expect(agreed(strict.port, { ...tls12, servername: "a.shop.test" })).rejects.toThrow();
    expect((await agreed(strict.port, {})).version).toBe("TLSv1.3");
  });

  test("shares its port and the redirecting one with processes that agree, and with no others", async () => {
    const redirect = { port: await freePort(), httpsPort: null };
    await using first = await startTlsServer({ ...tls, redirect }, { portSharing: "first" });
    const place = { port: first.port, portSharing: "joined" } as const;
    await using second = await startTlsServer({ ...tls, redirect }, place);
    expect(second.port).toBe(first.port);
    expect(await shownTo(first.port, ca, "shop.test")).toBe("shop.test");
    const again = startTlsServer({ ...tls, redirect }, { ...place, portSharing: "first" });
    await expect(again).rejects.toThrow(`port ${first.port} of 127.0.0.1 is taken`);
    const elsewhere = startTlsServer({ ...tls, redirect }, { portSharing: "first" });
    await expect(elsewhere).rejects.toThrow(`port ${redirect.port} of 127.0.0.1 is taken`);
    const asked = { redirect: "manual", keepalive: false } as const;
    const answers = Array.from({ length: 20 }, () => fetch(`http://127.0.0.1:${redirect.port}/a`, asked));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([308]));
  });

  test("presents new certificates to new connections, and drops neither requests nor WebSockets of old ones", async () => {
    const answer = Promise.withResolvers<Response>();
    const entered = Promise.withResolvers<void>();
    await using started = await startTlsServer(tls, {
      front: (request) => {
        if (!request.url.endsWith("/slow")) return null;
        entered.resolve();
        return answer.promise;
      },
      websocket: { path: "/ws", handlers: { message: (socket, text) => void socket.send(text) } },
    });
    const socket = new WebSocket(`wss://127.0.0.1:${started.port}/ws`, { tls: { ca } });
    const echoes = createEventLog<unknown>();
    socket.addEventListener("message", ({ data }) => echoes.push(data));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const slow = fetch(`${started.url}/slow`, { tls: { ca } });
    await entered.promise;
    for (const first of [renewed, shop, renewed])
      started.server.replaceTls({ ...tls, certificates: [first] });
    expect(await shownTo(started.port, ca, "shop.test")).toBe("renewed.test");
    socket.send("still here");
    expect((await echoes.atLeast(1))[0]).toBe("still here");
    answer.resolve(new Response("in the end"));
    expect(await (await slow).text()).toBe("in the end");
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
    await started.server.stop();
    expect((await closed).code).toBe(3001);
  });

  test("never presents a removed certificate again, whatever name is requested", async () => {
    await using started = await startTlsServer(tls);
    started.server.replaceTls({ ...tls, certificates: [renewed] });
    const shown = ["a.shop.test", "shop.test", "other.test"].map((name) => shownTo(started.port, ca, name));
    expect(await Promise.all(shown)).toEqual(["renewed.test", "renewed.test", "renewed.test"]);
  });

  test("refuses to share its port, and leaves it free when it stops", async () => {
    await using taken = await startTlsServer(tls);
    await expect(startTlsServer(tls, { port: taken.port })).rejects.toThrow();
    await taken.server.stop();
    await using again = await startTlsServer(tls, { port: taken.port });
    expect(again.port).toBe(taken.port);
  });

  test("refuses unusable certificates", async () => {
    await using started = await startTlsServer(tls);
    const broken = withNames({ cert: shop.cert, key: wild.key });
    expect(() => started.server.replaceTls({ ...tls, certificates: [broken] })).toThrow();
    expect(await shownTo(started.port, ca, "shop.test")).toBe("shop.test");
    expect((await fetch(started.url, { tls: { ca } })).status).toBe(200);
  });
});

describe("a listener that asks for client certificates", () => {
  const ask = (url: string, client: object | null) =>
    fetch(url, { keepalive: false, tls: { ca, ...client } }).then((answer) => answer.json());

  test("tells the app which certificate a connection presented, whatever server name it requested", async () => {
    await using started = await startTlsServer(tlsWith([shop, wild], { clientCertificates }));
    for (const serverName of ["127.0.0.1", "shop.test", "a.shop.test", "else.test"]) {
      const client = { ...machine, serverName, checkServerIdentity: () => undefined };
      expect(await ask(started.url, client)).toMatchObject({ certificate: expect.any(Number) });
    }
  });

  test("refuses clients without a certificate of a trusted CA, for every server name, HTTP/2 or not", async () => {
    await using started = await startTlsServer(tlsWith([shop, wild], { clientCertificates }));
    for (const serverName of ["127.0.0.1", "shop.test", "a.shop.test", "else.test"]) {
      for (const client of [null, foreign]) {
        const options = { ...client, serverName, checkServerIdentity: () => undefined };
        await expect(ask(started.url, options)).rejects.toThrow();
      }
    }
    const h2 = { protocol: "h2", tls: { ca } } as const;
    await expect(fetch(started.url, h2)).rejects.toThrow();
  });

  test("admits clients without a certificate as anonymous if it is optional, and never those with an untrusted one", async () => {
    const lenient = { authorities: ca, required: false };
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates: lenient }));
    expect(await ask(started.url, null)).toMatchObject({ certificate: null });
    expect(await ask(started.url, machine)).toMatchObject({ certificate: expect.any(Number) });
    await expect(ask(started.url, foreign)).rejects.toThrow();
  });

  test("knows the certificate of a resumed connection", async () => {
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates }));
    const first = await shakeHands(started.port, { ca, ...machine });
    const session = await new Promise<Buffer>((resolve) => {
      first.once("session", resolve);
      first.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    });
    const second = await shakeHands(started.port, { ca, ...machine, session });
    const answer = new Promise<string>((resolve) => second.once("data", (bytes) => resolve(String(bytes))));
    second.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await answer).not.toContain('"certificate":null');
    first.destroy();
    second.destroy();
  });

  test.skipIf(process.platform !== "linux")("cannot be bypassed through its internal port", async () => {
    const before = new Set(ownPorts());
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates }));
    const inside = ownPorts().filter((port) => !before.has(port) && port !== started.port);
    expect(inside).toHaveLength(1);
    for (const port of inside) {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      expect([answer.status, await codeOf(answer)]).toEqual([403, "forbidden"]);
    }
  });

  test("closes what is left at the end of its drain", async () => {
    const entered = Promise.withResolvers<void>();
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates }), {
      drain: { deadlineMs: 20 },
      front: () => {
        entered.resolve();
        return new Promise(() => undefined);
      },
    });
    const cut = ask(started.url, machine).then(
      () => "answered",
      () => "cut",
    );
    await entered.promise;
    await started.server.stop();
    expect(await cut).toBe("cut");
  });

  test("cannot stop requesting them while it is open", async () => {
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates }));
    expect(() => started.server.replaceTls(tlsWith([shop]))).toThrow("settled when the listener is opened");
  });

  test("streams both ways with backpressure", async () => {
    const megabytes = 32;
    await using started = await startTlsServer(tlsWith([shop], { clientCertificates }), {
      front: async (request) => new Response((await request.bytes()).byteLength.toString()),
    });
    const body = new Uint8Array(megabytes * 2 ** 20);
    const answer = await fetch(started.url, { method: "POST", body, tls: { ca, ...machine } });
    expect(await answer.text()).toBe(String(body.length));
  });
});

describe("the port of plain http beside it", () => {
  test("redirects everyone to https, with path and query, and refuses an invalid Host", async () => {
    const port = await freePort();
    const redirect = { port, httpsPort: 443 };
    await using started = await startTlsServer(tlsWith([shop], { redirect }));
    const answer = await fetch(`http://127.0.0.1:${port}/a%2fb?c=d`, {
      method: "POST",
      body: "a body",
      redirect: "manual",
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([308, "https://127.0.0.1/a%2fb?c=d"]);
    const refused = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n");
    expect(refused.status).toBe(400);
    await started.server.stop();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test("names the listener's own port unless another is configured, and must be free", async () => {
    const port = await freePort();
    const redirect = { port, httpsPort: null };
    await using started = await startTlsServer(tlsWith([shop], { redirect }));
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" });
    expect(answer.headers.get("location")).toBe(`${started.url}/`);
    await expect(startTlsServer(tlsWith([shop], { redirect }))).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken by another process: set tls.redirect.port to another one`,
    );
  });
});

test("a listener without TLS has no certificates to replace", async () => {
  await using started = await startServer();
  expect(() => started.server.replaceTls(tlsWith([shop]))).toThrow("without TLS");
});
