import { expect, test } from "bun:test";
import { join } from "node:path";
import { findHashFault } from "../password-hash.ts";

const command = join(import.meta.dir, "hash-password.ts");

async function run(args: readonly string[], typed = "") {
  const env = { ...process.env, PASSWORD: "open sesame", LONG: "x".repeat(73), LINES: "a\nb" };
  const child = Bun.spawn(["bun", command, ...args], {
    env,
    stdin: new Blob([typed]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out: out.trim(), err, code };
}

test("prints a valid hash of a password from an argument or typed at the prompt", async () => {
  const { out, code } = await run(["--secret-env", "PASSWORD"]);
  expect([code, findHashFault(out)]).toEqual([0, null]);
  expect(await Bun.password.verify("open sesame", out)).toBe(true);
  const typed = await run(
    ["--secret-file", "/dev/stdin", "--user", "ada", "--algorithm", "bcrypt"],
    "typed\n",
  );
  const [user = "", hash = ""] = typed.out.split(":");
  expect([user, findHashFault(hash)]).toEqual(["ada", null]);
  expect(await Bun.password.verify("typed", hash)).toBe(true);
});

test.each([
  ["no password", [], "no secret is given"],
  ["an algorithm of old", ["--secret-env", "PASSWORD", "--algorithm", "md5"], "md5 is no algorithm here"],
  ["a name with a colon", ["--secret-env", "PASSWORD", "--user", "a:b"], "no colon"],
  ["a name that would be a comment", ["--secret-env", "PASSWORD", "--user", "#a"], "begins with no #"],
  ["a password that bcrypt cuts", ["--secret-env", "LONG", "--algorithm", "bcrypt"], "72 bytes"],
  ["a password of two lines", ["--secret-env", "LINES"], "control characters"],
])("%s is refused with the usage", async (_name, args, message) => {
  const { out, err, code } = await run(args);
  expect([out, code]).toEqual(["", 2]);
  expect(err).toContain(message);
  expect(err).toContain("usage: bun run hash-password");
});
