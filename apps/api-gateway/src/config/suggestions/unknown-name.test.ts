import { expect, test } from "bun:test";
import { unknownName } from "./unknown-name.ts";

test("of many known names some are listed and the rest counted, and the suggestion is included whatever its position", () => {
  const known = Array.from({ length: 1000 }, (_, index) => `service-${index}`);
  const issue = unknownName("/routes/0/service", { kind: "service", name: "servce-999", known });
  expect(issue).toMatchObject({
    message: 'the service "servce-999" does not exist',
    expected: expect.stringMatching(/^one of service-0, .*service-63 and 936 more$/),
    suggestion: "service-999",
  });
});

test("thousands of unknown names give one issue each, with at most a thousand suggestions", () => {
  const known = Array.from({ length: 1000 }, (_, index) => `service-${index}`);
  const issues = Array.from({ length: 1100 }, (_, index) =>
    unknownName("", { kind: "service", name: `servic-${index}`, known }),
  );
  expect(issues.filter(({ suggestion }) => suggestion !== undefined)).toHaveLength(1000);
  expect(unknownName("", { kind: "service", name: "servic-0", known }).suggestion).toBe("service-0");
});
