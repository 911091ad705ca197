import { describe, expect, test } from "bun:test";
import { compilePayloadSchema } from "./payload-schema.ts";

function compile(schema: Record<string, unknown>) {
  const check = compilePayloadSchema(schema);
  if (typeof check !== "function") throw new Error(JSON.stringify(check));
  return check;
}

test("a valid payload passes; an invalid one is reported with paths and reasons", () => {
  const check = compile({
    type: "object",
    required: ["sku", "quantity"],
    additionalProperties: false,
    properties: {
      sku: { type: "string", minLength: 1, maxLength: 5, pattern: "^[A-Z]" },
      quantity: { type: "integer", minimum: 1 },
      tags: { type: "array", items: { type: "string" }, maxItems: 2 },
      kind: { enum: ["a", 1, true, null] },
      either: { anyOf: [{ type: "number" }, { type: "boolean" }, { const: "x" }] },
      none: { type: "null" },
    },
  });
  expect(check({ sku: "A", quantity: 1, tags: ["x"], kind: null, either: "x", none: null })).toBeNull();
  const misfits: [payload: unknown, path: string][] = [
    [{ sku: "A" }, "/quantity"],
    [{ sku: "a", quantity: 1 }, "/sku"],
    [{ sku: "A", quantity: 1.5 }, "/quantity"],
    [{ sku: "A", quantity: 1, more: 1 }, "/more"],
    [{ sku: "A", quantity: 1, tags: [1] }, "/tags/0"],
    [{ sku: "A", quantity: 1, kind: "b" }, "/kind"],
    [[], ""],
  ];
  for (const [payload, path] of misfits) {
    expect(check(payload)?.map((issue) => issue.path)).toContain(path);
  }
});

test("the number of issues per payload is bounded", () => {
  const check = compile({ type: "array", items: { type: "string" } });
  expect(check(Array.from({ length: 1000 }, () => 1))?.length).toBe(10);
});

describe("unsupported schemas are refused with their path", () => {
  const deep = { type: "object", properties: {} };
  const cases: [schema: Record<string, unknown>, path: string][] = [
    [{}, "/type"],
    [{ type: ["string", "null"] }, "/type"],
    [{ type: "string", format: "email" }, "/format"],
    [{ type: "string", pattern: "(" }, "/pattern"],
    [{ type: "string", pattern: 1 }, "/pattern"],
    [{ type: "object", patternProperties: {} }, "/patternProperties"],
    [{ type: "object", properties: [] }, ""],
    [{ type: "object", required: ["x"] }, "/required"],
    [{ ...deep, properties: { a: { type: "array", items: { $ref: "#" } } } }, "/properties/a/items/type"],
    [{ enum: [{}] }, "/enum"],
    [{ anyOf: [7] }, "/anyOf/0"],
  ];
  test.each(cases)("%j", (schema, path) => {
    const issues = compilePayloadSchema(schema);
    expect(Array.isArray(issues) ? issues.map((issue) => issue.path) : []).toContain(path);
  });
});
