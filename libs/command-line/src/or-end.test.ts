import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { orEnd } from "./or-end.ts";

async function run(needed: string) {
  await using directory = await createTemporaryDirectory();
  const program = directory.file("program.ts");
  const imported = `import { orEnd } from "${import.meta.dir}/or-end.ts";`;
  await Bun.write(program, `${imported}\nconsole.log(await orEnd(${needed}));`);
  const child = Bun.spawn([process.execPath, program], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

test("a value is returned", async () => {
  expect(await orEnd(Promise.resolve("there"))).toBe("there");
});

test("an error ends the program with one line that states the cause", async () => {
  expect(await run('Promise.reject(new Error("no secret"))')).toEqual({
    out: "",
    err: "no secret\n",
    code: 1,
  });
  expect(await run('Promise.reject("away"), "the gateway"')).toEqual({
    out: "",
    err: "the gateway: away\n",
    code: 1,
  });
});
