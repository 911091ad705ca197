export type { Principal } from "./model/principal.ts";
