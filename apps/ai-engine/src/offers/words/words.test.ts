import { expect, test } from "bun:test";
import { entriesOf } from "../word-patterns.ts";
import { dutch } from "./dutch.ts";
import { elsewhere } from "./elsewhere.ts";
import { english } from "./english.ts";
import { french } from "./french.ts";
import { german } from "./german.ts";
import { spanish } from "./spanish.ts";

const lists = Object.entries({ english, german, french, spanish, dutch }).flatMap(([language, words]) =>
  Object.entries(words).map(([name, list]) => [`${language}.${name}`, String(list)] as const),
);

test.each([...lists, ["elsewhere", elsewhere] as const])(
  "every entry of %s can match, because it is normalised",
  (_, list) => {
    const entries = entriesOf(list);
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.filter((entry) => !/^[a-z*]+(?: [a-z*]+)*$/.test(entry))).toEqual([]);
  },
);
