import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../peer.ts";

const program = join(import.meta.dir, "fastify-server.mjs");
const modules = join(import.meta.dir, "../../node_modules/@fastify/http-proxy");

/** @fastify/http-proxy on Node: the usual choice of a TypeScript team. */
export const fastify: Peer = {
  name: "@fastify/http-proxy",
  missing() {
    if (Bun.which("node") === null) return "install Node.js";
    return existsSync(modules) ? null : "bun install";
  },
  async prepare(job) {
    return ["node", program, JSON.stringify(job)];
  },
};
