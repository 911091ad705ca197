import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { validate } from "../validate.ts";

const none = { additionalProperties: false };
const schema = Type.Object(
  {
    server: Type.Object({ tls: Type.Object({ port: Type.Integer({ default: 1 }) }, none) }, none),
    service: Type.String(),
    retry: Type.Object({ attemptsMax: Type.Integer({ default: 1 }) }, none),
    policies: Type.Array(Type.Unknown()),
  },
  none,
);
const rest = { server: { tls: { port: 1 } }, service: "a", retry: { attemptsMax: 1 }, policies: [] };

test.each<[string, Record<string, unknown>, string | undefined]>([
  ["a misspelled name is likely the nearest one", { ...rest, servcie: "a" }, "service"],
  ["a name with its value and no space is split", { ...rest, "service:shop": null }, "service: shop"],
  ["another product's word is told as it is called here", { ...rest, Plugins: [] }, "policies"],
  ["whatever the spelling", { ...rest, "load-balancer": {}, proxy_pass: "a" }, "service"],
  ["a field from further in is told with its place", { ...rest, attemptsMax: 2 }, "retry.attemptsMax"],
  [
    "what no config holds is told with the option that does",
    { ...rest, server: { ...rest.server, port: 80 } },
    "the option --port or the variable PORT",
  ],
  ["for what means nothing at all nothing is guessed", { ...rest, xyzzy: 1 }, undefined],
])("%s", (_guarantee, value, suggestion) => {
  const issues = validate(schema, value, "");
  expect(issues.at(-1)?.suggestion).toBe(suggestion);
});
