import { describe, expect, test } from "bun:test";
import { toResponse } from "./to-response.ts";
import { WireResponse } from "./wire-response.ts";

describe("a response for other listeners", () => {
  test("keeps status, fields and body", async () => {
    const response = toResponse(new WireResponse(201, ["content-type", "text/plain", "x-a", "1"], "made"));
    expect([response.status, response.headers.get("content-type"), response.headers.get("x-a")]).toEqual([
      201,
      "text/plain",
      "1",
    ]);
    expect(await response.text()).toBe("made");
  });

  test("keeps cookies separate, and fields named like properties of objects", () => {
    const fields = ["set-cookie", "a=1", "set-cookie", "b=2", "__proto__", "x"];
    const { headers } = toResponse(new WireResponse(200, fields, null));
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(headers.get("__proto__")).toBe("x");
  });

  test("is returned unchanged if it is a Response already", () => {
    const response = new Response("ok");
    expect(toResponse(response)).toBe(response);
  });
});
