import { expect, test } from "bun:test";
import { PlacedList } from "./placed-list.ts";

const member = (name: string) => ({ name, index: -1 });

function namesOf(list: PlacedList<ReturnType<typeof member>>): string[] {
  const names: string[] = [];
  list.forEach(({ name }) => names.push(name));
  return names.toSorted();
}

test("removing a member, first, last or in between, keeps the others", () => {
  for (const leaver of [0, 1, 2, 3]) {
    const list = new PlacedList<ReturnType<typeof member>>();
    const members = ["a", "b", "c", "d"].map(member);
    for (const one of members) list.add(one);
    const [left] = members.splice(leaver, 1);
    if (left !== undefined) list.remove(left);
    expect(left?.index).toBe(-1);
    expect(namesOf(list)).toEqual(members.map(({ name }) => name));
    for (const one of members) list.remove(one);
    expect(list.size).toBe(0);
  }
});

test("removing a member of no list does nothing", () => {
  const list = new PlacedList<ReturnType<typeof member>>();
  const [present, absent] = [member("present"), member("absent")];
  list.add(present);
  list.remove(absent);
  expect(namesOf(list)).toEqual(["present"]);
});

test("each member is visited once, even if members leave during the visit", () => {
  const list = new PlacedList<ReturnType<typeof member>>();
  for (const name of ["a", "b", "c"]) list.add(member(name));
  const visited: string[] = [];
  list.forEach((one) => {
    visited.push(one.name);
    list.remove(one);
  });
  expect(visited.toSorted()).toEqual(["a", "b", "c"]);
  expect(list.size).toBe(0);
});
