import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { readCommandLine } from "./read-command-line.ts";

async function run(...args: readonly string[]) {
  await using directory = await createTemporaryDirectory();
  const program = directory.file("program.ts");
  await Bun.write(
    program,
    `import { readCommandLine } from "${import.meta.dir}/read-command-line.ts";
    const { positionals, refuse, number, numbers } = readCommandLine("usage: program FILE [--port N] [--sizes N,N]", {
      allowPositionals: true,
      options: { port: { type: "string", default: "80" }, sizes: { type: "string", default: "1" } },
    });
    if (positionals[0] === undefined) refuse("no FILE is given");
    console.log(positionals[0], number("port"), JSON.stringify(numbers("sizes")));`,
  );
  const child = Bun.spawn([process.execPath, program, ...args], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out: out.trim(), err: err.trim(), code };
}

const usage = "usage: program FILE [--port N] [--sizes N,N]";

test("options and positionals are returned as by parseArgs", async () => {
  const given = ["a.yaml", "--port", "81", "--sizes", "0,2.5"];
  expect(await run(...given)).toEqual({ out: "a.yaml 81 [0,2.5]", err: "", code: 0 });
});

test("--help prints the usage, whatever other arguments there are", async () => {
  for (const help of ["--help", "-h"])
    expect(await run("--nonsense", help)).toEqual({ out: usage, err: "", code: 0 });
});

test("an unknown option, a missing value, an invalid number and a missing argument are named above the usage", async () => {
  const cases = [
    [["a", "--prot", "81"], "Unknown option '--prot'"],
    [["a", "--port"], "Option '--port <value>' argument missing"],
    [[], "no FILE is given"],
    [["a", "--port", "x"], '--port: expected a number of 0 or more, found "x"'],
    [["a", "--port="], '--port: expected a number of 0 or more, found ""'],
    [["a", "--port=-1"], '--port: expected a number of 0 or more, found "-1"'],
    [["a", "--port", "Infinity"], '--port: expected a number of 0 or more, found "Infinity"'],
    [["a", "--sizes", "1,,2"], '--sizes: expected a number of 0 or more, found ""'],
  ] as const;
  for (const [args, problem] of cases)
    expect(await run(...args)).toEqual({ out: "", err: `${problem}\n\n${usage}`, code: 2 });
});

test("given arguments are parsed instead of the program's own", () => {
  const { values } = readCommandLine(usage, {
    args: ["--port", "82"],
    options: { port: { type: "string", default: "80" } },
  });
  expect(values.port).toBe("82");
});
