import type { Socket } from "node:net";
import { describe, expect, test } from "bun:test";
import { type RawAnswer, sendRaw } from "@libs/testing";
import { startGatewayTo } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";

const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";

interface Asked {
  readonly te?: string;
  readonly version?: string;
  readonly route?: object;
}

interface Passed extends RawAnswer {
  /** The head that the service got. */
  readonly sent: string;
}

/** Each part separately, unless the kernel joins them. */
function sendParts(socket: Socket, [part, ...rest]: readonly string[]): void {
  if (part !== undefined) socket.write(part, () => setImmediate(() => sendParts(socket, rest)));
}

/** The client's response from a service that sends these bytes, each part as a packet. */
async function passed(
  parts: readonly string[],
  { te = "TE: trailers\r\n", version = "1.1", route = {} }: Asked = {},
): Promise<Passed> {
  await using upstream = await startRawUpstream((socket) => {
    socket.setNoDelay(true);
    sendParts(socket, parts);
  });
  await using gateway = await startGatewayTo(upstream.url, route);
  const answer = await sendRaw(
    gateway.port,
    `GET / HTTP/${version}\r\nHost: a\r\n${te}Connection: close\r\n\r\n`,
  );
  return { ...answer, sent: await upstream.heads.next() };
}

describe("trailers of a service's response", () => {
  test.each([
    ["behind a stream", [head, "3\r\none\r\n", "3\r\ntwo\r\n", "0\r\nX-Sum: 2\r\nX-More: a, b\r\n\r\n"]],
    ["cut anywhere", [head, "6\r\nonetwo\r\n0\r", "\nX-Sum: 2\r", "\nX-More: a, ", "b\r\n\r", "\n"]],
    ["in one packet with all before them", [`${head}6\r\nonetwo\r\n0\r\nX-Sum: 2\r\nX-More: a, b\r\n\r\n`]],
  ])("reach a client that accepts trailers, %s", async (_, parts) => {
    const answer = await passed(parts);
    expect(answer.headers).toMatchObject({ "transfer-encoding": "chunked", trailer: "X-Sum" });
    expect(answer.body.replaceAll(/[36]\r\n(one|two|onetwo)\r\n/g, "$1")).toBe(
      "onetwo0\r\nX-Sum: 2\r\nX-More: a, b\r\n\r\n",
    );
  });

  test("reach it after an empty body", async () => {
    expect((await passed([head, "0\r\nX-Sum: 0\r\n\r\n"])).body).toBe("0\r\nX-Sum: 0\r\n\r\n");
  });

  test("are requested from the service only if the client accepts them", async () => {
    const parts = [head, "3\r\none\r\n", "0\r\nX-Sum: 1\r\n\r\n"];
    const with_ = await passed(parts, { te: "TE: gzip, Trailers\r\n" });
    expect(with_.sent.toLowerCase()).toContain("\r\nconnection: te\r\nte: trailers\r\n");
    const without = await passed(parts, { te: "TE: gzip\r\n" });
    expect(without.sent.toLowerCase()).not.toContain("\r\nte:");
    expect([without.headers["trailer"], without.body.includes("X-Sum")]).toEqual([undefined, false]);
  });

  test("are dropped for HTTP/1.0, which has no chunks", async () => {
    const answer = await passed([head, "3\r\none\r\n", "0\r\nX-Sum: 1\r\n\r\n"], { version: "1.0" });
    expect(answer.body).toBe("one");
  });

  test.each([
    "Content-Length: 3",
    "Transfer-Encoding: chunked",
    "Set-Cookie: a=b",
    "Host: other",
    "Location: /x",
  ])("are dropped if they belong in the head: %s", async (field) => {
    const { body } = await passed([head, "3\r\none\r\n", `0\r\n${field}\r\nX-Sum: 1\r\n\r\n`]);
    expect(body).toBe("3\r\none\r\n0\r\nX-Sum: 1\r\n\r\n");
  });

  test.each([" folded: 1", "no colon", "X Y: 1", "X-A : 1"])(
    "that are ambiguous abort the response, so that it does not look complete: %s",
    async (line) => {
      const asked = passed([head, "3\r\none\r\n", `0\r\n${line}\r\n\r\n`]);
      await expect(asked).rejects.toMatchObject({ code: "ECONNRESET" });
    },
  );

  test("are dropped with the body they belong to if a policy replaces it", async () => {
    const large = "x".repeat(4000);
    const text = head.replace("Trailer:", "Content-Type: text/plain\r\nTrailer:");
    const answer = await passed([text, `fa0\r\n${large}\r\n`, "0\r\nX-Sum: 1\r\n\r\n"], {
      te: "TE: trailers\r\nAccept-Encoding: gzip\r\n",
      route: { policies: [{ type: "compress" }] },
    });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect([answer.headers["trailer"], answer.body.includes("X-Sum")]).toEqual([undefined, false]);
  });
});
