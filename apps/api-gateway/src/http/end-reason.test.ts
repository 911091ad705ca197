import { expect, test } from "bun:test";
import { CartwayError, type ErrorCode, errorCodes } from "@libs/errors";
import { endReasonOf } from "./end-reason.ts";

const plain = { error: null, ending: "whole", attempts: 1, clientLeft: false } as const;
const ended = (code: ErrorCode, clientLeft = false) =>
  endReasonOf({ ...plain, error: new CartwayError(code), clientLeft });

test("every error that is the caller's fault is a refusal, except timeouts, and no other error is", () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const isRefused = errorCodes[code].fault === "caller" && code !== "request_timeout";
    expect([code, ended(code) === "refused"]).toEqual([code, isRefused]);
  }
});

test("an internal failure is the gateway's own", () => {
  for (const code of ["internal", "store_unavailable", "identity_unavailable", "loop_detected"] as const)
    expect([code, ended(code)]).toEqual([code, "failed"]);
});

test("a service's failure is never recorded as the gateway's own", () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[])
    if (errorCodes[code].fault === "service") expect([code, ended(code)]).not.toEqual([code, "failed"]);
  expect(ended("service_failed")).toBe("upstream_failed");
});

test("a timeout after the client has disconnected is recorded as the client's leaving", () => {
  expect(ended("request_timeout")).toBe("timed_out");
  expect(ended("request_timeout", true)).toBe("client_left");
});

test("how the body ended takes precedence over earlier events", () => {
  expect(endReasonOf({ ...plain, ending: "cut" })).toBe("upstream_cut");
  expect(endReasonOf({ ...plain, ending: "left" })).toBe("client_left");
  expect(endReasonOf({ ...plain, ending: "late" })).toBe("timed_out");
  expect(endReasonOf({ ...plain, ending: "slow" })).toBe("client_too_slow");
  expect(endReasonOf(plain)).toBe("answered");
  expect(endReasonOf({ ...plain, attempts: 0 })).toBe("answered_by_policy");
});
