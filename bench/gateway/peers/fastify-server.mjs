import process from "node:process";
import proxy from "@fastify/http-proxy";
import fastify from "fastify";

const { upstreamPort, routes, port } = JSON.parse(process.argv[2]);
const server = fastify({ logger: false });
for (let index = 0; index < routes; index += 1) {
  const prefix = `/r${index}`;
  server.register(proxy, {
    upstream: `http://127.0.0.1:${upstreamPort}`,
    prefix,
    rewritePrefix: prefix,
    undici: { connections: 256, pipelining: 1 },
  });
}
await server.listen({ host: "127.0.0.1", port });
