import { expect, test } from "bun:test";
import { CartwayError } from "./cartway-error.ts";
import { errorCodes } from "./error-codes.ts";
import { renderError } from "./render-error.ts";

test("an error of the table renders as the envelope with its status, details and request id", async () => {
  const response = renderError(
    new CartwayError("validation_failed", { details: [{ path: "/type", message: "unknown type" }] }),
    "req-1",
  );
  expect(response.status).toBe(422);
  expect(response.headers.get("x-request-id")).toBe("req-1");
  expect(await response.json()).toEqual({
    error: {
      code: "validation_failed",
      message: errorCodes.validation_failed.message,
      details: [{ path: "/type", message: "unknown type" }],
      requestId: "req-1",
    },
  });
});

test("an unknown error shows only the request id", async () => {
  const response = renderError(new Error("password=hunter2 at postgres://10.0.0.1"), "req-2");
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain("10.0.0.1");
  expect(JSON.parse(text).error.requestId).toBe("req-2");
});

test("the internal text of an error is not in the answer", async () => {
  const response = renderError(
    new CartwayError("upstream_reset", { internal: "10.0.0.7:80 reset" }),
    "req-3",
  );
  expect(await response.text()).not.toContain("10.0.0.7");
});

test("a 401 always has WWW-Authenticate, from the error if it has one (RFC 9110, 15.5.2)", () => {
  const challengeOf = (error: CartwayError) => renderError(error, "r").headers.get("www-authenticate");
  expect(challengeOf(new CartwayError("invalid_credentials"))).toBe("Bearer");
  const headers = { "www-authenticate": 'Basic realm="shop"' };
  expect(challengeOf(new CartwayError("unauthenticated", { headers }))).toBe('Basic realm="shop"');
  expect(challengeOf(new CartwayError("forbidden"))).toBeNull();
});

test("Retry-After is whole seconds and at least one", () => {
  const error = new CartwayError("rate_limited", { retryAfterSeconds: 0.2 });
  expect(renderError(error, "r").headers.get("retry-after")).toBe("1");
});

test("every retryable code has a status that clients may retry", () => {
  const retryable = Object.values(errorCodes).filter((row) => row.retryable);
  expect(retryable.every((row) => [408, 429, 502, 503, 504].includes(row.status))).toBe(true);
});
