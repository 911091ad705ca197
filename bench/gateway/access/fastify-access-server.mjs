import { readFileSync } from "node:fs";
import process from "node:process";
import proxy from "@fastify/http-proxy";
import jwt from "@fastify/jwt";
import rateLimit from "@fastify/rate-limit";
import fastify from "fastify";

const { algorithm, issuer, audience, keyFile, limit, port, upstreamPort } = JSON.parse(process.argv[2]);
const key = readFileSync(keyFile, "utf8");
const server = fastify({ logger: false });
await server.register(jwt, {
  secret: algorithm === "HS256" ? key : { public: key },
  verify: { algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, cache: 50_000 },
});
server.addHook("onRequest", (request) => request.jwtVerify());
await server.register(rateLimit, {
  hook: "preHandler",
  max: limit.requests,
  timeWindow: limit.windowMs,
  cache: 100_000,
  keyGenerator: (request) => request.user.sub,
  addHeaders: noHeaders(),
  addHeadersOnExceeding: noHeaders(),
});
server.register(proxy, {
  upstream: `http://127.0.0.1:${upstreamPort}`,
  prefix: "/r0",
  rewritePrefix: "/r0",
  undici: { connections: 256, pipelining: 1 },
  replyOptions: {
    rewriteRequestHeaders(request, incoming) {
      const headers = { ...incoming, "x-user-id": request.user.sub };
      delete headers.authorization;
      return headers;
    },
  },
});
await server.listen({ host: "127.0.0.1", port });

function noHeaders() {
  return {
    "x-ratelimit-limit": false,
    "x-ratelimit-remaining": false,
    "x-ratelimit-reset": false,
    "retry-after": false,
  };
}
