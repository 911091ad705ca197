export { orEnd } from "./or-end.ts";
export { readCommandLine } from "./read-command-line.ts";
