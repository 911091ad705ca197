import { expect, test } from "bun:test";
import { withholdParameters } from "./withhold-parameters.ts";

test.each([
  ["https://a.example/?token=t1&page=2", "https://a.example/?token=…&page=2"],
  ["?api_key=k1#part", "?api_key=…#part"],
  [
    "from https://a.example/?x=1&password=p1 to /b?secret=s1",
    "from https://a.example/?x=1&password=… to /b?secret=…",
  ],
  ["/plain?page=2&token=", "/plain?page=2&token="],
])("what parameters named like secrets carry is withheld: %s", (text, shown) => {
  expect(withholdParameters(text, "…")).toBe(shown);
});
