/** The whole platform in one process: what `npm start` runs. Nothing of it is loaded before the process is what it shall be. */
import { ensurePoolThreads } from "./pool-threads.ts";

process.env["NODE_ENV"] ??= "production";
ensurePoolThreads();
await import("./run-platform.ts");
