import { expect, test } from "bun:test";
import { assignmentVariable, readAssignment, writeAssignment } from "./assignment.ts";

test("a worker reads its supervisor's assignment, and other processes read none", () => {
  const assignments = [
    { number: 1, port: 0, portSharing: "first" },
    { number: 12, port: 3000, portSharing: "joined" },
  ] as const;
  for (const assignment of assignments)
    expect(readAssignment({ [assignmentVariable]: writeAssignment(assignment) })).toEqual(assignment);
  expect(readAssignment({})).toBeNull();
});

test.each(["", "1", "1:3000", "1:3000:alone", "x:3000:first"])(
  "an invalid assignment is refused: %p",
  (text) => {
    expect(() => readAssignment({ [assignmentVariable]: text })).toThrow("do not set it");
  },
);
