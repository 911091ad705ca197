import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createTemporaryDirectory } from "@libs/testing";
import { startFailure } from "./start-failure.ts";

test("a failure to start is described by its internal text and its causes, without repetition", () => {
  const cause = new Error("connect ECONNREFUSED 127.0.0.1:5432");
  const lost = new CartwayError("store_unavailable", { internal: "PostgreSQL cannot be reached", cause });
  expect(startFailure(lost)).toBe("PostgreSQL cannot be reached: connect ECONNREFUSED 127.0.0.1:5432");
  expect(startFailure(new Error("no a.pem", { cause: new Error("a.pem") }))).toBe("no a.pem");
  expect(startFailure(new AggregateError([new Error("::1 refused"), new Error("127.0.0.1 refused")]))).toBe(
    "::1 refused, 127.0.0.1 refused",
  );
  expect(startFailure("odd")).toBe("odd");
});

test("a process that cannot start reports it in one line, without a stack, and exits with 1", async () => {
  await using directory = await createTemporaryDirectory();
  const program = directory.file("main.ts");
  await Bun.write(
    program,
    `import { startProcess } from "${import.meta.dir}/start-failure.ts";
    await startProcess("the app", () => Promise.reject(new Error("no secret")));`,
  );
  const child = Bun.spawn([process.execPath, program], { stdout: "pipe", stderr: "pipe" });
  expect(await child.stderr.text()).toBe("the app cannot start: no secret\n");
  expect(await child.exited).toBe(1);
});
