import { expect, test } from "bun:test";
import { parseOtlpHeaders } from "./otlp-headers.ts";

test("headers for the collector are parsed in OpenTelemetry's format", () => {
  expect(parseOtlpHeaders("Authorization=Basic%20abc%3D, x-tenant = a=b ,,")).toEqual({
    authorization: "Basic abc=",
    "x-tenant": "a=b",
  });
  expect(parseOtlpHeaders("")).toEqual({});
});

test.each([["no-equals"], ["=value"], ["a b=c"], ["a=%zz"], ["a=x%0d%0ay: z"]])(
  "%j is refused without showing its value, which is a secret",
  (text) => {
    const refused = (): unknown => parseOtlpHeaders(`first=1,${text}`);
    expect(refused).toThrow("part 2 is no header name");
    expect(refused).not.toThrow(text);
  },
);
