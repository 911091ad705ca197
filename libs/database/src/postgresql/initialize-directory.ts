/**
 * Creates a data directory for the embedded PostgreSQL, and exits. A process of its own, because creation takes a gigabyte for three
 * seconds and WebAssembly memory never shrinks. `bun initialize-directory.ts DIRECTORY`
 */
import { PGlite } from "@electric-sql/pglite";
import { startParameters } from "./pglite-parameters.ts";

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("usage: bun initialize-directory.ts DIRECTORY");
const database = await PGlite.create({ dataDir: directory, startParams: startParameters });
await database.close();
