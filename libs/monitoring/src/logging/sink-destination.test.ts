import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { createSinkDestination } from "./sink-destination.ts";

test("all lines are written in order once flush has resolved", async () => {
  await using directory = await createTemporaryDirectory();
  const file = Bun.file(directory.file("log"));
  const destination = createSinkDestination(file.writer(), 1_000_000);
  for (let line = 0; line < 300; line += 1) {
    destination.write(`${line}\n`);
    if (line % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await destination.flush?.();
  expect((await file.text()).trim().split("\n").map(Number)).toEqual(
    Array.from({ length: 300 }, (_, line) => line),
  );
});

test("lines beyond the buffer's bound are dropped and reported, and logging continues", async () => {
  await using directory = await createTemporaryDirectory();
  const file = Bun.file(directory.file("log"));
  const destination = createSinkDestination(file.writer(), 10);
  for (let line = 0; line < 5; line += 1) destination.write(`{"line":${line}}\n`);
  await destination.flush?.();
  destination.write('{"line":5}\n');
  await destination.flush?.();
  const lines = (await file.text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { line: 0 },
    { level: "warn", dropped: 4, message: "log lines were dropped" },
    { line: 5 },
  ]);
});

test.skipIf(process.platform !== "linux")("a full disk stops logging, not the process", async () => {
  const destination = createSinkDestination(Bun.file("/dev/full").writer({ highWaterMark: 1 }), 1_000_000);
  for (let line = 0; line < 100; line += 1) destination.write("x".repeat(10_000));
  await destination.flush?.();
  destination.write("nobody takes this");
  expect(await destination.flush?.()).toBeUndefined();
});
