import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startFrontDoor } from "../support/clients/front-door.ts";

/**
 * Every payload that once made some server read a request otherwise than its proxy, from the list of the HTTP Garden: the checkout of
 * github.com/narfindustries/http-garden that HTTP_GARDEN_DIR names. All go in at the front door.
 */
const checkout = process.env["HTTP_GARDEN_DIR"];
const suite = `the HTTP Garden's payloads${checkout === undefined ? " (set HTTP_GARDEN_DIR to a checkout of narfindustries/http-garden to run them)" : ""}`;

function payloadsOf(directory: string): readonly string[] {
  const list = readFileSync(join(directory, "TROPHIES.md"), "utf8");
  return [...list.matchAll(/^ *- Payload: `(.+)`$/gm)].map(([, literal = ""]) => bytesOf(literal));
}

/** As a bytes literal of Python. */
function bytesOf(literal: string): string {
  const letters: Readonly<Record<string, string>> = {
    r: "\r",
    n: "\n",
    t: "\t",
    "\\": "\\",
    "'": "'",
    '"': '"',
  };
  return literal.replaceAll(/\\(?:x([0-9a-fA-F]{2})|([rnt\\'"]))/g, (_, hex?: string, letter = "") =>
    hex === undefined ? (letters[letter] ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const payloads = checkout === undefined ? [] : payloadsOf(checkout);
const door = checkout === undefined ? null : await startFrontDoor();
afterAll(() => door?.[Symbol.asyncDispose]());

describe.skipIf(checkout === undefined)(`${suite} smuggle no request past the gateway`, () => {
  test("every case is read", () => {
    expect(payloads.length).toBeGreaterThanOrEqual(70);
  });

  test.each(payloads.map((payload) => [JSON.stringify(payload).slice(0, 120), payload] as const))(
    "%s",
    async (_, payload) => {
      const reached = (await door?.attack(payload)) ?? [];
      // What a payload hides is a request for one of these.
      for (const target of reached) expect(target).not.toMatch(/evil|smuggled|pwned/i);
    },
  );
});
