import { describe, expect, test } from "bun:test";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Target } from "../targets/target.ts";
import type { Balancer } from "./balancer.ts";
import { consistentHash } from "./consistent-hash.ts";
import { balancerDeps, targetsOf } from "./test-targets.ts";

/** As much of an exchange as a key is read from. */
function exchangeOf(parts: { ip?: string; headers?: Record<string, string>; claims?: object }): Exchange {
  return {
    clientIp: parts.ip ?? "192.0.2.1",
    request: new Request("http://shop.test/", { headers: parts.headers ?? {} }),
    principal: parts.claims === undefined ? null : { claims: parts.claims },
  } as unknown as Exchange;
}

function hashing(by: unknown, targets: readonly Target[], inFlight: () => number = () => 0): Balancer {
  const balancer = consistentHash.create({ by, loadMax: 1.25 } as never, balancerDeps({ inFlight }));
  balancer.update(targets, targets);
  return balancer;
}

const ips = Array.from({ length: 2000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

describe("a key", () => {
  test.each([
    ["of the client's address", "ip", { ip: "10.1.1.1" }, { ip: "10.1.1.2" }],
    ["of a header", { header: "x-cart" }, { headers: { "x-cart": "a" } }, { headers: { "x-cart": "b" } }],
    [
      "of a cookie",
      { cookie: "sid" },
      { headers: { cookie: "other=1; sid=aa" } },
      { headers: { cookie: "sid=ab" } },
    ],
    ["of a claim", { claim: "sub" }, { claims: { sub: "u-1" } }, { claims: { sub: "u-2" } }],
  ])("%s maps its requests to one target", (_name, by, one, other) => {
    const all = targetsOf(Array.from({ length: 200 }, () => 1));
    const balancer = hashing(by, all);
    const picks = Array.from({ length: 10 }, () => balancer.pick(exchangeOf(one), []));
    expect(new Set(picks).size).toBe(1);
    expect(balancer.pick(exchangeOf(other), [])).not.toBe(picks[0] ?? null);
  });

  test("that a request lacks is replaced by the client's address", () => {
    const all = targetsOf(Array.from({ length: 50 }, () => 1));
    const byIp = hashing("ip", all);
    for (const by of [{ header: "x-cart" }, { cookie: "sid" }, { claim: "sub" }]) {
      const balancer = hashing(by, all);
      for (const ip of ips.slice(0, 50)) {
        const exchange = exchangeOf({ ip, headers: { cookie: "sidx=1" } });
        expect(balancer.pick(exchange, [])).toBe(byIp.pick(exchange, []));
      }
    }
  });
});

describe("consistent hashing", () => {
  const placesOf = (balancer: Balancer): Map<string, string> =>
    new Map(ips.map((ip) => [ip, balancer.pick(exchangeOf({ ip }), [])?.id ?? "none"]));

  test("moves only the keys of a removed target, and moves them back when it returns", () => {
    const all = targetsOf([1, 1, 1, 1, 1]);
    const balancer = hashing("ip", all);
    const before = placesOf(balancer);
    balancer.update(all.slice(1), all);
    const during = placesOf(balancer);
    for (const [ip, place] of before) {
      if (place === "t0") expect(during.get(ip)).not.toBe("t0");
      else expect(during.get(ip)).toBe(place);
    }
    balancer.update(all, all);
    expect(placesOf(balancer)).toEqual(before);
  });

  test("gives a new target its share of the keys, taken from all others", () => {
    const all = targetsOf([1, 1, 1, 1, 1]);
    const balancer = hashing("ip", all.slice(0, 4));
    const before = placesOf(balancer);
    balancer.update(all, all);
    const after = placesOf(balancer);
    const moved = [...before].filter(([ip, place]) => after.get(ip) !== place);
    expect(moved.every(([ip]) => after.get(ip) === "t4")).toBe(true);
    expect(Math.abs(moved.length / ips.length - 0.2)).toBeLessThan(0.05);
  });

  test("bounds each target's requests in flight, however popular a key is", () => {
    const all = targetsOf([1, 1, 1, 1]);
    let inFlight = 0;
    const balancer = hashing("ip", all, () => inFlight);
    for (; inFlight < 400; inFlight += 1) {
      const target = balancer.pick(exchangeOf({ ip: "10.9.9.9" }), []);
      if (target === null) throw new Error("there are targets");
      target.inFlight += 1;
    }
    expect(Math.max(...all.map((target) => target.inFlight))).toBeLessThanOrEqual(Math.ceil(1.25 * 100));
  });

  test("exceeds the bound rather than refuse", () => {
    const all = targetsOf([1, 1]);
    const [busy, other] = all;
    if (busy === undefined || other === undefined) throw new Error("two targets were made");
    busy.inFlight = 100;
    const balancer = hashing("ip", all, () => 100);
    expect(balancer.pick(exchangeOf({}), [other])).toBe(busy);
  });
});
