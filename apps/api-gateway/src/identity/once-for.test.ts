import { expect, test } from "bun:test";
import { onceFor } from "./once-for.ts";
import { PresentedCredentials } from "./presented-credentials.ts";

const presented = () => PresentedCredentials.ofToken("t");

test("a value derived from a caller's credentials is created once per caller", () => {
  let made = 0;
  const number = onceFor(() => `${++made}`);
  const [one, other] = [presented(), presented()];
  expect([number(one), number(one), number(other), number(one)]).toEqual(["1", "1", "2", "1"]);
});

test("null is cached, too", () => {
  let made = 0;
  const nothing = onceFor(() => {
    made += 1;
    return null;
  });
  const one = presented();
  expect([nothing(one), nothing(one), made]).toEqual([null, null, 1]);
});
