import { expect, test } from "bun:test";
import { parseText } from "./parse-text.ts";

const text = `version: 1
services:
  shop: { discovery: &here { type: static } }
  news: { discovery: *here }
errorPages: { "404": { text: x } }
routes:
  - id: shop
    match:
      path: /
`;

test.each([
  ["/services/shop/discovery", 3, 11, "a field stands where its name begins"],
  ["/routes/0/match/path", 9, 7, "also on a line below the names around it"],
  ["/routes/0", 7, 5, "an entry of a list stands where its first field does"],
  ["/errorPages/404/text", 5, 24, "a name of digits is a name, not the number of an entry"],
  ["/services/shop/timeouts/idleMs", 3, 3, "what is not there stands at the nearest part around it"],
  ["/services/news/discovery/type", 4, 11, "what an alias brings stands at the alias"],
  ["", 1, 1, "the whole stands at its beginning"],
])("%s is at %d:%d: %s", (path, line, column) => {
  expect(parseText("a.yaml", text).positionOf(path)).toEqual({ line, column });
});

test("JSON on one line has columns in its positions", () => {
  expect(parseText("a.json", '{"version":1,"routes":[{"id":"A"}]}').positionOf("/routes/0/id")).toEqual({
    line: 1,
    column: 25,
  });
});
