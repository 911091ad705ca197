export { readCommandLine } from "./read-command-line.ts";
