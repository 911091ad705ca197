import cluster from "node:cluster";
import process from "node:process";
import proxy from "@fastify/http-proxy";
import fastify from "fastify";

const { upstreamPort, routes, port, workers } = JSON.parse(process.argv[2]);
if (workers > 1 && cluster.isPrimary) {
  for (let worker = 0; worker < workers; worker += 1) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  await serve();
}

async function serve() {
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
}
