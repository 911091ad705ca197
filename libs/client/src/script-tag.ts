import { createCartway } from "./create-cartway.ts";

/** For pages with a script tag: `Cartway.create({ url: "/ws" })`. */
Object.assign(globalThis, { Cartway: { create: createCartway } });
