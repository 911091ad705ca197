import { expect, test } from "bun:test";
import { assignmentVariable, readAssignment, writeAssignment } from "./assignment.ts";

test("a worker reads what its supervisor wrote, and any other process nothing", () => {
  const assignments = [
    { number: 1, port: 0, portSharing: "first" },
    { number: 12, port: 3000, portSharing: "joined" },
  ] as const;
  for (const assignment of assignments)
    expect(readAssignment({ [assignmentVariable]: writeAssignment(assignment) })).toEqual(assignment);
  expect(readAssignment({})).toBeNull();
});

test.each(["", "1", "1:3000", "1:3000:alone", "x:3000:first"])(
  "%p, which no supervisor writes, is refused",
  (text) => {
    expect(() => readAssignment({ [assignmentVariable]: text })).toThrow("do not set it");
  },
);
