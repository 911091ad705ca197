import { expect, test } from "bun:test";
import { array, assert, constantFrom, property, record } from "fast-check";
import {
  fitsRoomPattern,
  nameOwnRoom,
  parseRoomPattern,
  type RoomIdentity,
  type RoomPattern,
} from "./room-pattern.ts";

const claims = {
  store: "s-7",
  number: 42,
  "https://shop.example/zone": "north",
  list: ["a"],
  empty: "",
  odd: "a b",
};
const ana = { sessionId: "s-0123456789abcdef", userId: "ana", tenantId: null, claims };

function parse(pattern: string): RoomPattern {
  const parsed = parseRoomPattern(pattern);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

function fits(pattern: string, name: string, identity: RoomIdentity = ana): boolean {
  return fitsRoomPattern(parse(pattern), name, identity);
}

test("a pattern matches the connection's own ids and nobody else's", () => {
  expect(fits("cart:{sessionId}", "cart:s-0123456789abcdef")).toBe(true);
  expect(fits("cart:{sessionId}", "cart:s-another")).toBe(false);
  expect(fits("cart:{sessionId}", "cart:s-0123456789abcdef:more")).toBe(false);
  expect(fits("cart:{sessionId}", "xcart:s-0123456789abcdef")).toBe(false);
  expect(fits("orders:{userId}:open", "orders:ana:open")).toBe(true);
});

test("a placeholder that the connection has no value for never matches", () => {
  expect(fits("store:{tenantId}", "store:null")).toBe(false);
  expect(fits("store:{tenantId}", "store:")).toBe(false);
  expect(fits("user:{userId}", "user:", { ...ana, userId: "" })).toBe(false);
});

test("{any} matches one part that is not empty", () => {
  expect(fits("product:{any}", "product:42")).toBe(true);
  expect(fits("product:{any}", "product:")).toBe(false);
  expect(fits("product:{any}", "product:42:secret")).toBe(false);
  expect(fits("product:{any}:live", "product:42:live")).toBe(true);
});

test("a value that contains the separator after its placeholder names no room, so that two callers never share one", () => {
  const both = "store:{claim.store}:{userId}";
  const at = (store: string, userId: string) => ({ ...ana, userId, claims: { store } });
  expect(fits(both, "store:north:1:ana", at("north", "1:ana"))).toBe(true);
  expect(fits(both, "store:north:1:ana", at("north:1", "ana"))).toBe(false);
  expect(nameOwnRoom(parse(both), at("north:1", "ana"))).toBeNull();
  expect(nameOwnRoom(parse("store:{claim.store}"), at("north:1", "ana"))).toBe("store:north:1");
  const long = "{claim.store}::{userId}";
  expect(nameOwnRoom(parse(long), at("a:", "b"))).toBeNull();
  expect(nameOwnRoom(parse(long), at("a", ":b"))).toBe("a:::b");
});

test("whatever text separates placeholders, a room's name belongs to one caller", () => {
  const word = array(constantFrom(":", "-", "a", "b"), { minLength: 1, maxLength: 4 }).map((all) =>
    all.join(""),
  );
  const caller = record({ userId: word, tenantId: word, claims: record({ store: word }) }).map((known) => ({
    ...known,
    sessionId: null,
  }));
  let named = 0;
  assert(
    property(record({ first: word, second: word, third: word }), caller, caller, (literals, one, other) => {
      const { first, second, third } = literals;
      const pattern = parse(`{claim.store}${first}{userId}${second}{tenantId}${third}`);
      const name = nameOwnRoom(pattern, one);
      if (name === null) return;
      named += 1;
      expect(fitsRoomPattern(pattern, name, one)).toBe(true);
      expect(fitsRoomPattern(pattern, name, other)).toBe(Bun.deepEquals(one, other));
    }),
    { numRuns: 2000 },
  );
  expect(named).toBeGreaterThan(100);
});

test("an invalid pattern is refused with the reason", () => {
  expect(parseRoomPattern("cart:{session}")).toContain("{sessionId}");
  expect(parseRoomPattern("{userId}{any}")).toContain("between");
  expect(parseRoomPattern("product:{any}-live")).toContain("colon");
  expect(parseRoomPattern("a b")).toContain("name");
  expect(parseRoomPattern("a}b")).toContain("name");
});

test("{claim.NAME} is the credential's claim, if it is a string or an integer", () => {
  expect(fits("store:{claim.store}", "store:s-7")).toBe(true);
  expect(fits("store:{claim.number}:live", "store:42:live")).toBe(true);
  expect(fits("zone:{claim.https://shop.example/zone}", "zone:north")).toBe(true);
  for (const name of ["list", "empty", "absent", "toString"])
    expect(fits(`store:{claim.${name}}`, "store:a")).toBe(false);
  expect(parseRoomPattern("store:{claim.}")).toContain("{claim.NAME}");
});

test("a connection's own room is named by its ids; without such an id, or with one that is not a valid name, there is none", () => {
  const own = (pattern: string) => nameOwnRoom(parse(pattern), ana);
  expect(own("store:{claim.store}:{userId}")).toBe("store:s-7:ana");
  expect(own("everybody")).toBe("everybody");
  for (const pattern of ["t:{tenantId}", "c:{claim.absent}", "c:{claim.odd}", "product:{any}"])
    expect(own(pattern)).toBeNull();
});
