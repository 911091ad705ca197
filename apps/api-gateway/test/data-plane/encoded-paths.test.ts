import { expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { serviceAt, startGateway } from "../support/start-gateway.ts";

/** What a service gets as its path, or the code of what the gateway itself says. */
async function seenOf(server: object, path: string): Promise<string> {
  await using upstream = Bun.serve({
    port: 0,
    fetch: ({ url }) => new Response(url.slice(url.indexOf("/", 8))),
  });
  await using gateway = await startGateway({
    server,
    services: { api: serviceAt(`http://127.0.0.1:${upstream.port}`) },
    routes: [
      { id: "kept", match: { path: "/admin/*" }, policies: [{ type: "respond", status: 403, body: "kept" }] },
      { id: "all", match: { path: "/*" }, service: "api" },
    ],
  });
  const answer = await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  if (answer.status !== 400) return answer.body;
  return (JSON.parse(answer.body) as { error: { code: string } }).error.code;
}

test.each([
  ["an escaped slash that is kept is data for routes and services alike", {}, "/admin%2fx", "/admin%2Fx"],
  [
    "an escaped slash that is decoded is a slash for routes and services alike",
    { encodedSlashes: "decode" },
    "/api%2fx",
    "/api/x",
  ],
  [
    "what a route keeps from strangers is kept from those who escape its slash where it is decoded",
    { encodedSlashes: "decode" },
    "/a%2f..%2Fadmin%2fx",
    "kept",
  ],
  [
    "an escaped slash that is rejected reaches nobody",
    { encodedSlashes: "reject" },
    "/api%2fx",
    "invalid_path",
  ],
  ["a path parameter that is kept reaches its service", {}, "/api;x=1/y", "/api;x=1/y"],
  [
    "a path parameter that is rejected reaches nobody",
    { pathParameters: "reject" },
    "/a/..;/admin/x",
    "invalid_path",
  ],
])("%s", async (_, server, path, seen) => expect(await seenOf(server, path)).toBe(seen));
