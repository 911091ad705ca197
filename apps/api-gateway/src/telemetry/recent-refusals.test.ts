import { expect, test } from "bun:test";
import { RecentRefusals, type Refusal } from "./recent-refusals.ts";

const refusal = (requestId: string): Refusal => ({
  at: "1970-01-01T00:00:00.000Z",
  requestId,
  method: "GET",
  host: "shop.test",
  path: "/",
  route: "r",
  clientIp: "192.0.2.1",
  status: 403,
  code: "forbidden",
  policy: null,
  verdict: null,
  internal: null,
});

test("keeps a bounded number of refusals, latest first", () => {
  const ring = new RecentRefusals(3);
  const ids = () => ring.list({}, 10).map(({ requestId }) => requestId);
  expect(ids()).toEqual([]);
  for (const id of ["1", "2"]) ring.add(refusal(id));
  expect(ids()).toEqual(["2", "1"]);
  for (const id of ["3", "4", "5"]) ring.add(refusal(id));
  expect(ids()).toEqual(["5", "4", "3"]);
  expect(ring.list({}, 1)).toEqual([refusal("5")]);
});
