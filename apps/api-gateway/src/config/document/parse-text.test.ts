import { expect, test } from "bun:test";
import { parseText, parseTextOffThread } from "./parse-text.ts";

test.each([
  ["YAML", "version: 1\nroutes:\n  - id: a\n"],
  ["JSON", '{"version":1,"routes":[{"id":"a"}]}'],
  ["aliases and merge keys", "a: &a { 404: x, on: y }\nroutes: [{ <<: *a }, *a]\n"],
  ["numbers that JSON does not have, and a name that objects have", "routes: [.inf, .nan, { __proto__: 1 }]"],
  ["a duplicate name", "a: 1\nb: 2\na: 3\n"],
  ["an open brace", "a: { b: 1\n"],
  ["prose", "this is no config"],
  ["nothing", ""],
])("%s is read in a worker as it is here, with its places", async (_name, text) => {
  const [here, elsewhere] = [parseText("a.yaml", text), await parseTextOffThread("a.yaml", text)];
  expect(elsewhere.value).toStrictEqual(here.value);
  expect(elsewhere.issues).toEqual(here.issues);
  expect(elsewhere.positionOf("/routes/0")).toEqual(here.positionOf("/routes/0"));
});

test("a JSON text with comments is refused in a worker too, by the ending of its file", async () => {
  const { issues } = await parseTextOffThread("a.json", '{ // one\n "version": 1 }');
  expect(issues).toMatchObject([{ message: "JSON has no comments", line: 1, column: 3 }]);
});
