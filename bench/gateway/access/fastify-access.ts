import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AccessPeer } from "./access-peer.ts";

const program = join(import.meta.dir, "fastify-access-server.mjs");
const modules = ["jwt", "rate-limit", "http-proxy"].map((name) =>
  join(import.meta.dir, "../../node_modules/@fastify", name),
);

/** On Node, with @fastify/jwt (verified tokens cached), @fastify/rate-limit and @fastify/http-proxy. */
export const fastifyAccess: AccessPeer = {
  name: "Fastify",
  missing() {
    if (Bun.which("node") === null) return "install Node.js";
    return modules.every((path) => existsSync(path)) ? null : "bun install";
  },
  async prepare({ algorithm, issuer, audience, keyFile, limit }, { port, upstreamPort }) {
    const settings = { algorithm, issuer, audience, keyFile, limit, port, upstreamPort };
    return ["node", program, JSON.stringify(settings)];
  },
};
