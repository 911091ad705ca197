import { afterAll, expect, test } from "bun:test";
import { connect } from "node:tls";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/start-upstream.ts";
import { createTlsFixture } from "../support/tls-fixture.ts";

const fixture = await createTlsFixture();
afterAll(() => fixture[Symbol.asyncDispose]());
const { ca, authorities, shop } = fixture;

const paths = ["/first", "/second", "/third"];
const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Everything that is said to a client that sends them all at once, until it has all answers or the connection ends. */
function sayAll(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect({ port, host: "127.0.0.1", ca }, () => socket.write(paths.map(request).join("")));
    socket.on("data", (bytes: Buffer) => {
      said += bytes.toString("latin1");
      if (said.includes("answer to /third")) socket.destroy();
    });
    // A reset ends it as well.
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(said));
  });
}

// Bun's server ends a connection where more comes before a handler has answered (oven-sh/bun#42855).
test.each([
  ["", {}],
  [" with client certificates", { clientCertificates: { authorities, required: false } }],
])(
  "over TLS%s requests that are pipelined are answered in their order or end the connection, and none is served behind one that is not",
  async (_with, tls) => {
    const seen: string[] = [];
    await using upstream = startUpstream(({ url }) => {
      seen.push(new URL(url).pathname);
      return new Response(`answer to ${new URL(url).pathname}`);
    });
    await using gateway = await startGateway({
      server: { tls: { certificates: [shop], ...tls } },
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    const said = await sayAll(gateway.port);
    const answered = [...said.matchAll(/answer to (\/\w+)/g)].map(([, path]) => path);
    expect(answered).toEqual(paths.slice(0, answered.length));
    expect(seen).toEqual(paths.slice(0, seen.length));
    expect(seen.length).toBeLessThanOrEqual(answered.length + 1);
  },
);
