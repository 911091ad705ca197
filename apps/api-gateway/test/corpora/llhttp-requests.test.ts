import { afterAll, describe, expect, test } from "bun:test";
import { startFrontDoor } from "../support/clients/front-door.ts";
import { hasLlhttp, llhttpFixtures, llhttpHint } from "./llhttp-fixtures.ts";

/** llhttp's own request tests, at the front door. What llhttp refuses must not reach a service, but for the listed cases. */
const fixtures = llhttpFixtures("request");
const door = hasLlhttp ? await startFrontDoor() : null;
afterAll(() => door?.[Symbol.asyncDispose]());

/** Refused by llhttp and accepted here, each with its reason. */
const looser: Readonly<Record<string, string>> = {
  "CRLF between requests, implicit `keep-alive`":
    "an empty line before a request is passed over (RFC 9112, 2.2); the requests are in order",
  "No extension after semicolon": "extensions are dropped, and no service sees the chunks of a client",
};

describe.skipIf(!hasLlhttp)(`llhttp's request tests${llhttpHint} at the front door`, () => {
  test("every case is read", () => {
    expect(fixtures.length).toBeGreaterThanOrEqual(100);
  });

  test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "%s",
    async (_, { title, text, isRefused }) => {
      const reached = (await door?.attack(text)) ?? [];
      const mayReach = !isRefused || title in looser;
      expect(mayReach ? [] : reached).toEqual([]);
    },
  );
});
