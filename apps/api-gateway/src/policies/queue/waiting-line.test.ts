import { describe, expect, test } from "bun:test";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

interface Named extends Waiter {
  readonly name: string;
}
const waiter = (name: string, priority = 5): Named => ({ name, priority, tenant: name.charAt(0) });

function lineOf(...waiters: readonly Named[]): WaitingLine<Named> {
  const line = new WaitingLine<Named>();
  for (const one of waiters) line.add(one);
  return line;
}

function order(line: WaitingLine<Named>): string[] {
  const names: string[] = [];
  for (let next = line.next(); next !== undefined; next = line.next()) names.push(next.name);
  return names;
}

describe("turns", () => {
  test("alternate between tenants, however many requests one has waiting", () => {
    const line = lineOf(...["a1", "a2", "a3", "a4", "b1", "c1", "b2"].map((name) => waiter(name)));
    expect(order(line)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
    expect(line.size).toBe(0);
  });

  test("of a higher priority come before all others", () => {
    const line = lineOf(waiter("a1", 1), waiter("b1", 9), waiter("a2", 5), waiter("b2", 9), waiter("c1", 9));
    expect(order(line)).toEqual(["b1", "c1", "b2", "a2", "a1"]);
  });

  test("of a tenant that returns with an empty queue come after the others'", () => {
    const line = lineOf(waiter("a1"), waiter("b1"));
    expect(line.next()?.name).toBe("a1");
    line.add(waiter("a2"));
    expect(order(line)).toEqual(["b1", "a2"]);
  });

  test("are cancelled once by those who leave", () => {
    const gone = waiter("a1");
    const line = lineOf(gone, waiter("a2"), waiter("b1"));
    expect([line.remove(gone), line.remove(gone), line.size, line.waitingOf("a")]).toEqual([
      true,
      false,
      2,
      1,
    ]);
    expect(order(line)).toEqual(["a2", "b1"]);
  });
});

describe("room for a new request is made", () => {
  test("by dropping the last of the longest queue of a lower priority", () => {
    const line = lineOf(waiter("a1", 3), waiter("b1", 3), waiter("b2", 3), waiter("c1", 5));
    expect(line.yielding(waiter("d1", 5))?.name).toBe("b2");
  });

  test("by dropping from the longest queue of the same priority, if it is longer than the new one's would be", () => {
    const line = lineOf(waiter("a1"), waiter("a2"), waiter("a3"), waiter("b1"));
    expect(line.yielding(waiter("b2"))?.name).toBe("a3");
    expect(line.yielding(waiter("a4"))).toBeUndefined();
    line.add(waiter("b2"));
    expect(line.yielding(waiter("b3"))).toBeUndefined();
  });

  test("never by dropping a higher priority", () => {
    expect(lineOf(waiter("a1", 9), waiter("a2", 9)).yielding(waiter("b1", 8))).toBeUndefined();
  });
});

test("random additions and removals keep the counts consistent", () => {
  const line = new WaitingLine<Named>();
  const inside: Named[] = [];
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let step = 0; step < 5000; step += 1) {
    const action = random(3);
    if (action < 2 && inside.length < 200) {
      const added = { name: String(step), tenant: `t${random(7)}`, priority: random(10) };
      line.add(added);
      inside.push(added);
    } else if (action === 2 && inside.length > 0) {
      const [left] = inside.splice(random(inside.length), 1);
      if (left !== undefined) line.remove(left);
    } else {
      const next = line.next();
      if (next !== undefined) {
        expect(inside.every(({ priority }) => priority <= next.priority)).toBe(true);
        inside.splice(inside.indexOf(next), 1);
      }
    }
    expect(line.size).toBe(inside.length);
  }
  for (const tenant of ["t0", "t3", "t6"])
    expect(line.waitingOf(tenant)).toBe(inside.filter((one) => one.tenant === tenant).length);
});
