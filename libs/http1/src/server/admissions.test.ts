import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { RawClient } from "../../test/raw-client.ts";
import { startHttp1 } from "../../test/start-http1.ts";
import { WireResponse } from "../wire-response.ts";

const get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const none = Number.POSITIVE_INFINITY;
const hello = () => new WireResponse(200, [], "hello");

/** The status that it is answered with. */
async function ask(client: RawClient): Promise<string> {
  await client.write(get);
  return (await client.until("\r\n\r\n")).slice(9, 12);
}

test("a connection above the maximum is answered 503 and closed; one that closes makes room", async () => {
  await using started = startHttp1(hello, { connectionLimits: () => ({ all: 1, ofAddress: none }) });
  using first = new RawClient(started.port);
  expect(await ask(first)).toBe("200");
  using second = new RawClient(started.port);
  expect(await ask(second)).toBe("503");
  expect(await second.closed()).toEndWith("too_many_connections");
  expect([second.wasReset, started.troubles]).toEqual([false, ["turned-away"]]);
  expect(started.errors).toMatchObject([{ code: "too_many_connections", retryAfterSeconds: 5 }]);
  first.said = "";
  expect(await ask(first)).toBe("200");
  first.socket.destroy();
  const asked = async (): Promise<string> => {
    using third = new RawClient(started.port);
    return await ask(third);
  };
  await waitUntil(async () => (await asked()) === "200", { what: "room for another" });
});

test("a connection that was taken over counts until it is closed", async () => {
  await using started = startHttp1(
    (request) => {
      const nobody = { received: () => undefined, drained: () => undefined, closed: () => undefined };
      if (!request.url.endsWith("/take")) return hello();
      request.origin?.takeOver(request, (wire) => {
        wire.write(Buffer.from("taken"));
        return nobody;
      });
      return undefined;
    },
    { connectionLimits: () => ({ all: 1, ofAddress: none }) },
  );
  using taken = new RawClient(started.port);
  await taken.write(get.replace("/x", "/take"));
  await taken.until("taken");
  using second = new RawClient(started.port);
  expect(await ask(second)).toBe("503");
  taken.socket.destroy();
  await waitUntil(() => started.server.takenConnections === 0, { what: "the end of the taken connection" });
  using third = new RawClient(started.port);
  expect(await ask(third)).toBe("200");
});

test("connections of one address are bounded, by the limit in force", async () => {
  let ofAddress = 1;
  await using started = startHttp1(hello, { connectionLimits: () => ({ all: none, ofAddress }) });
  using first = new RawClient(started.port);
  expect(await ask(first)).toBe("200");
  using second = new RawClient(started.port);
  expect(await ask(second)).toBe("503");
  ofAddress = 2;
  using third = new RawClient(started.port);
  expect(await ask(third)).toBe("200");
  using fourth = new RawClient(started.port);
  expect(await ask(fourth)).toBe("503");
});

test("only a bounded number of excess connections get a response: further ones are closed", async () => {
  await using started = startHttp1(hello, { connectionLimits: () => ({ all: 0, ofAddress: none }) });
  const clients = Array.from({ length: 1010 }, () => new RawClient(started.port));
  try {
    await waitUntil(() => started.troubles.length === 10, { what: "those beyond to be cut" });
    expect(new Set(started.troubles)).toEqual(new Set(["turned-away"]));
  } finally {
    for (const client of clients) client.socket.destroy();
  }
});
