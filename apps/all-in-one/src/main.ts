/** The whole platform in one process: what `npm start` runs. The process is set up first, before anything of it is loaded. */
import { ensurePoolThreads } from "./pool-threads.ts";

process.env["NODE_ENV"] ??= "production";
ensurePoolThreads();
await import("./run-platform.ts");
