/** `npm start`: the whole platform in one process. */
import { ensurePoolThreads } from "./pool-threads.ts";

process.env["NODE_ENV"] ??= "production";
ensurePoolThreads();
await import("../apps/all-in-one/src/main.ts");
