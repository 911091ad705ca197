import { expect, test } from "bun:test";
import { HeaderList } from "../../model/http/header-list.ts";
import type { Decision } from "../../model/exchange/decision.ts";
import { writeDebugHeaders } from "./debug-headers.ts";

const exchange = {
  routeId: "r",
  serviceId: null,
  targetId: null,
  attempts: 0,
  queuedMs: 0,
  connectMs: 0,
  firstByteMs: 0,
  startedAt: 0,
};

test("as many decisions as fit into a response head are sent, in ASCII, with the number of the others", () => {
  const decision = (name: string): Decision => ({
    step: "policy",
    policy: name,
    phase: "guard",
    verdict: "refuse",
    inputs: { name: "grüße\r\n\u{1f6d2}" },
  });
  const decisions = Array.from({ length: 200 }, (_, index) => decision(`p${index}`));
  const headers = new HeaderList();
  writeDebugHeaders(headers, exchange, decisions);
  const text = headers.get("x-cartway-debug-decisions") ?? "";
  expect(text).toMatch(/^[\x20-\x7e]{5000,6100}$/);
  const told: unknown[] = JSON.parse(text);
  expect(told[0]).toEqual(decisions[0]);
  expect(told.at(-1)).toEqual({ left: decisions.length - told.length + 1 });
});

test("of many candidates the first are sent", () => {
  const candidates = Array.from({ length: 1000 }, (_, index) => ({
    target: `t${index}`,
    state: "available" as const,
    weight: 1,
    inFlight: 0,
  }));
  const headers = new HeaderList();
  writeDebugHeaders(headers, exchange, [{ step: "pick", service: "s", target: "t0", candidates }]);
  const [pick] = JSON.parse(headers.get("x-cartway-debug-decisions") ?? "");
  expect(pick.candidates).toEqual(candidates.slice(0, 5));
});
