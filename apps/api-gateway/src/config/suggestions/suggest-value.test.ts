import { describe, expect, test } from "bun:test";
import { type TSchema, Type } from "@sinclair/typebox";
import { suggestValue } from "./suggest-value.ts";

const bytes = Type.Integer({ minimum: 0, maximum: 1e12 });
const target = Type.Object({
  url: Type.String({ pattern: "^http://" }),
  weight: Type.Integer({ default: 1 }),
});
const health = Type.Object({
  path: Type.String({ pattern: "^/", default: "/" }),
  intervalMs: Type.Integer({ default: 5000 }),
});
const cases: readonly [given: unknown, meant: string, schema: TSchema, field: string][] = [
  ["10", "10", Type.Integer(), "limit"],
  ["0.5", "0.5", Type.Number(), "share"],
  [1.2, '"1.2"', Type.Union([Type.Literal("1.2"), Type.Literal("1.3")]), "minVersion"],
  ["5s", "5000", Type.Integer(), "connectMs"],
  ["1.5 h", "5400000", Type.Integer(), "retryAfterMsMax"],
  ["10m", "600", Type.Integer(), "maxAgeSeconds"],
  ["10MB", "10485760", bytes, "bodyBytesMax"],
  ["64 KiB", "65536", bytes, "bytesMin"],
  ["2g", "2147483648", bytes, "bytesMax"],
  ["Yes", "true", Type.Boolean(), "http2"],
  ["off", "false", Type.Boolean(), "http2"],
  ["X-Shop", '"x-shop"', Type.String({ pattern: "^[a-z-]+$" }), "header"],
  ["My Shop!", '"my-shop"', Type.String({ pattern: "^[a-z-]+[a-z]$" }), "id"],
  ["shop:80", '"shop"', Type.String({ pattern: "^[a-z]+$" }), "host"],
  ["https://shop.example.com/", '"shop.example.com"', Type.String({ pattern: "^[a-z.]+$" }), "host"],
  [true, '"true"', Type.String(), "beta"],
  ["/healthz", '{"path":"/healthz"}', health, "health"],
  ["10.0.0.1:80", '"http://10.0.0.1:80"', Type.String({ pattern: "^http://[^/]+$" }), "url"],
  ["http://10.0.0.1/a", '"http://10.0.0.1"', Type.String({ pattern: "^http://[^/]+$" }), "url"],
  ["get", '["GET"]', Type.Array(Type.String({ pattern: "^[A-Z]+$" })), "methods"],
  ["10.0.0.1:80", '[{"url":"http://10.0.0.1:80"}]', Type.Array(target), "targets"],
  [{ url: "http://a" }, '[{"url":"http://a"}]', Type.Array(target), "targets"],
];

describe("the suggested value", () => {
  test.each(cases)("for %p is %s", (given, meant, schema, field) => {
    expect(suggestValue(schema, given, field)).toBe(meant);
  });

  test.each<[unknown, TSchema, string]>([
    ["many", Type.Integer(), "limit"],
    ["5s", Type.Integer(), "limit"],
    ["10MB", Type.Integer(), "connectMs"],
    ["5000", Type.Integer({ maximum: 10 }), "connectMs"],
    [null, Type.Array(Type.String()), "methods"],
    ["9".repeat(1000), Type.Number(), "limit"],
  ])("does not exist for %p, which no conversion makes valid", (given, schema, field) => {
    expect(suggestValue(schema, given, field)).toBeUndefined();
  });
});
