import { expect, test } from "bun:test";
import { toCartwayError } from "@libs/errors";
import { checkCommand } from "./command-kinds.ts";

test("each invalid parameter of a command is reported once, by its path", () => {
  const asked = { kind: "restart_service", version: 1, parameters: { servce: "till" } };
  const refusal = (): unknown => {
    try {
      return checkCommand(asked, "/commands/0");
    } catch (thrown) {
      return toCartwayError(thrown).details;
    }
  };
  expect(refusal()).toEqual([
    { path: "/commands/0/parameters/service", message: "Expected required property" },
    { path: "/commands/0/parameters/servce", message: "Unexpected property" },
  ]);
});
