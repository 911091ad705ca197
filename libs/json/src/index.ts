export { isRecord } from "./is-record.ts";
export { isNestedBeyond } from "./json-depth.ts";
export { isJsonObject, parseExactJson } from "./parse-exact-json.ts";
export { type JsonReading, readJsonText } from "./read-json-text.ts";
export { repeatsNames } from "./repeats-names.ts";
