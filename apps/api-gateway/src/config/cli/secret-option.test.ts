import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { readSecretOption } from "./secret-option.ts";

function refuse(problem: string): never {
  throw new Error(problem);
}

test("a command reads a secret file as the gateway does, without the trailing line end", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("secret");
  await Bun.write(file, " kept \r\n");
  expect(readSecretOption({ values: { "secret-file": file }, refuse })).toBe(" kept ");
});

test("a missing secret is reported with the variable or file it was expected in", () => {
  const reading = (values: Parameters<typeof readSecretOption>[0]["values"]) => () =>
    readSecretOption({ values, refuse });
  expect(reading({})).toThrow("no secret is given");
  expect(reading({ "secret-file": "/none/there" })).toThrow("the file /none/there cannot be read");
  expect(reading({ "secret-env": "NOT_THERE" })).toThrow("the environment variable NOT_THERE is not set");
});
