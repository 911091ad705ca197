/**
 * The embedded PostgreSQL in a thread of its own: it executes queries synchronously, and would block every timer of the thread that
 * serves requests. Serves the wire protocol on a unix socket. Messages: in `{ directory, socketPath }` and `"stop"`; out `{ ready: true
 * }`, `{ error }`, `{ stopped: true }`.
 *
 * Committed data survives the death of the process, but is not forced to disk: the engine never calls `fsync`, whatever its settings, so
 * a power loss can lose the last moments. Use a PostgreSQL server where that matters.
 */
import { PGlite } from "@electric-sql/pglite";
import { messageOf } from "@libs/errors";
import { type EngineServer, serveEngine } from "./engine-server.ts";
import { startParameters } from "./pglite-parameters.ts";

declare const self: Worker;

let database: PGlite | null = null;
let server: EngineServer | null = null;

self.addEventListener(
  "message",
  (message: MessageEvent<{ directory: string; socketPath: string } | "stop">) => {
    const work = message.data === "stop" ? stop() : start(message.data.directory, message.data.socketPath);
    work.catch((thrown: unknown) => {
      self.postMessage({ error: messageOf(thrown) });
    });
  },
);

async function start(directory: string, socketPath: string): Promise<void> {
  database = await PGlite.create({ dataDir: directory, startParams: startParameters });
  server = await serveEngine(database, socketPath);
  self.postMessage({ ready: true });
}

async function stop(): Promise<void> {
  await server?.stop();
  await database?.close();
  self.postMessage({ stopped: true });
}
