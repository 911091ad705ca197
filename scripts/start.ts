/** `npm start`: the whole platform in one process. */
process.env["NODE_ENV"] ??= "production";
await import("../apps/all-in-one/src/main.ts");
