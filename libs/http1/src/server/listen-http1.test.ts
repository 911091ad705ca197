import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import type { Takeover, Wire } from "../takeover.ts";
import { WireResponse } from "../wire-response.ts";

const get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

test("what the server as a whole can do is answered by it, and the connection goes on; no handler sees a target that is no path", async () => {
  const seen: string[] = [];
  await using started = startHttp1(({ target }) => {
    seen.push(target);
    return new WireResponse(200, [], "handled");
  });
  using client = new RawClient(started.port);
  await client.write("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  const answer = await client.until("\r\n\r\n");
  expect(answer).toStartWith("HTTP/1.1 204 No Content\r\n");
  expect(answer).toContain("\r\nallow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n");
  await client.write(get);
  await client.until("handled");
  expect(seen).toEqual(["/x"]);
});

describe("a port", () => {
  test("in use is an error", async () => {
    await using started = startHttp1(() => new WireResponse(200, [], null));
    expect(() => startHttp1(() => undefined, { port: started.port })).toThrow(
      expect.objectContaining({ code: "EADDRINUSE" }),
    );
  });

  test("can be shared if both agree", async () => {
    await using first = startHttp1(() => new WireResponse(200, [], "up"), { reusePort: true });
    await using second = startHttp1(() => new WireResponse(200, [], "up"), {
      reusePort: true,
      port: first.port,
    });
    expect(second.port).toBe(first.port);
    expect(await (await fetch(`http://127.0.0.1:${first.port}`)).text()).toBe("up");
  });

  test.each([
    ["::1", "[::1]", "::1", "IPv6"],
    ["::", "127.0.0.1", "::ffff:127.0.0.1", "IPv6"],
    ["0.0.0.0", "127.0.0.1", "127.0.0.1", "IPv4"],
  ])(
    "at %s is reached at %s, and knows its clients' addresses",
    async (hostname, reached, address, family) => {
      await using started = startHttp1(
        ({ origin }) => new WireResponse(200, [], JSON.stringify(origin?.peer ?? null)),
        { hostname },
      );
      const peer: unknown = await (await fetch(`http://${reached}:${started.port}`)).json();
      expect(peer).toEqual({ address, family, port: expect.any(Number) });
    },
  );
});

describe("a listener that stops", () => {
  test("closes idle connections, lets requests end, announces the close, and accepts no others", async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    await using started = startHttp1(async () => {
      entered.resolve();
      await gate.promise;
      return new WireResponse(200, [], "done");
    });
    using fresh = new RawClient(started.port);
    using busy = new RawClient(started.port);
    await busy.write(get);
    await entered.promise;
    expect(started.server.pendingRequests).toBe(1);
    const stopped = started.server.stop();
    expect(await fresh.closed()).toBe("");
    using late = new RawClient(started.port);
    await late.closed();
    gate.resolve();
    expect(await busy.closed()).toMatch(/\r\nconnection: close\r\n[^]*done$/);
    await stopped;
  });

  test("closes an idle connection whose client has sent an empty line after its request", async () => {
    await using started = startHttp1(() => new WireResponse(200, [], "done"), { headTimeoutSeconds: 60 });
    using client = new RawClient(started.port);
    await client.write(`${get}\r\n`);
    await client.until("done");
    await started.server.stop();
    expect(await client.closed()).toEndWith("done");
  });

  test("lets a partial head become a request", async () => {
    await using started = startHttp1(() => new WireResponse(200, [], "done"));
    using client = new RawClient(started.port);
    await client.write(get + get.slice(0, 10));
    await client.until("done");
    const stopped = started.server.stop();
    await client.write(get.slice(10));
    expect((await client.closed()).match(/done/g)).toHaveLength(2);
    await stopped;
  });

  test("closes what is left on request", async () => {
    const entered = Promise.withResolvers<void>();
    const started = startHttp1(() => {
      entered.resolve();
      return new Promise(() => undefined);
    });
    using client = new RawClient(started.port);
    await client.write(get);
    await entered.promise;
    await started[Symbol.asyncDispose]();
    expect(await client.closed()).toBe("");
  });
});

describe("a connection that is taken over", () => {
  const upgrade = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

  /** Says back what it hears. */
  class Echo implements Takeover {
    readonly #wire: Wire;
    readonly events: string[] = [];
    constructor(wire: Wire) {
      this.#wire = wire;
      wire.write(Buffer.from("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    }
    received(bytes: Buffer): void {
      this.events.push(bytes.toString());
      this.#wire.write(bytes);
      if (bytes.includes("bye")) this.#wire.end();
    }
    drained(): void {
      this.events.push("drained");
    }
    closed(): void {
      this.events.push("closed");
    }
  }

  function startEcho() {
    const echoes: Echo[] = [];
    const started = startHttp1((request) => {
      const isTaken = request.origin?.takeOver(request, (wire) => {
        const echo = new Echo(wire);
        echoes.push(echo);
        return echo;
      });
      return isTaken === true ? undefined : new WireResponse(500, [], "not taken");
    });
    return { started, echoes };
  }

  test("belongs to the new protocol, starting with the bytes after the request", async () => {
    const { started, echoes } = startEcho();
    await using _started = started;
    using client = new RawClient(started.port);
    await client.write(`${upgrade}early`);
    await client.until("early");
    expect([started.server.pendingRequests, started.server.takenConnections]).toEqual([0, 1]);
    await client.write("bye");
    expect(await client.closed()).toBe("HTTP/1.1 101 Switching Protocols\r\n\r\nearlybye");
    await waitUntil(() => echoes[0]?.events.at(-1) === "closed", { what: "word of the close" });
    expect(echoes[0]?.events).toContain("early");
  });

  test("keeps the listener from stopping until it is closed", async () => {
    const { started } = startEcho();
    await using _started = started;
    using client = new RawClient(started.port);
    await client.write(upgrade);
    await client.until("101");
    let isStopped = false;
    const stopped = started.server.stop().then(() => (isStopped = true));
    await client.write("still");
    await client.until("still");
    expect(isStopped).toBe(false);
    client.socket.end();
    await stopped;
  });

  test("cannot be taken over once it is answered", async () => {
    const taken = Promise.withResolvers<boolean>();
    await using started = startHttp1((request) => {
      const { origin } = request;
      setTimeout(() => taken.resolve(origin?.takeOver(request, (wire) => new Echo(wire)) ?? false), 5);
      return new WireResponse(200, [], "answered");
    });
    using client = new RawClient(started.port);
    await client.write(upgrade);
    await client.until("answered");
    expect(await taken.promise).toBe(false);
  });
});
