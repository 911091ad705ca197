import { expect, test } from "bun:test";
import { CredentialDigest } from "./credential-digest.ts";
import { CredentialMap } from "./credential-map.ts";

test("a digest is the first 156 bits of SHA-256, as exact numbers", () => {
  const { first, second, third } = new CredentialDigest("Bearer a.b.c");
  const hash = Buffer.from(Bun.SHA256.hash("Bearer a.b.c", "hex"), "hex");
  const numberAt = (at: number) => hash.readUInt32LE(at) + (hash.readUInt32LE(at + 4) & 0xf_ffff) * 2 ** 32;
  expect([first, second, third]).toEqual([numberAt(0), numberAt(8), numberAt(16)]);
  expect([first, second, third].every(Number.isSafeInteger)).toBe(true);
});

test("an entry is found only by its own credential, however similar the digests", () => {
  const map = new CredentialMap<string>(10);
  const digest = new CredentialDigest("one");
  map.set(digest, "known");
  expect(map.get(new CredentialDigest("one"))).toBe("known");
  expect(map.get(new CredentialDigest("two"))).toBeUndefined();
  for (const part of ["second", "third"] as const) {
    const other: CredentialDigest = Object.assign(new CredentialDigest("one"), { [part]: digest[part] + 1 });
    expect(map.get(other)).toBeUndefined();
    map.delete(other);
    expect(map.get(digest)).toBe("known");
  }
  map.delete(digest);
  expect(map.get(digest)).toBeUndefined();
});

test("it never grows beyond its capacity", () => {
  const map = new CredentialMap<number>(100);
  for (let index = 0; index < 10_000; index += 1) {
    map.set(new CredentialDigest(`token ${index}`), index);
    if (map.size > 100) throw new Error(`size ${map.size}`);
  }
  expect(map.get(new CredentialDigest("token 9999"))).toBe(9999);
  map.clear();
  expect(map.size).toBe(0);
});
