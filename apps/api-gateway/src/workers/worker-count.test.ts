import { expect, test } from "bun:test";
import { readWorkerCount } from "./worker-count.ts";

test("a number is used as given, and auto is one per core, within the bound", () => {
  expect(readWorkerCount("1", 8, "linux")).toBe(1);
  expect(readWorkerCount("128", 8, "linux")).toBe(128);
  expect(readWorkerCount("auto", 8, "linux")).toBe(8);
  expect(readWorkerCount("auto", 512, "linux")).toBe(128);
  expect(readWorkerCount("auto", 1, "darwin")).toBe(1);
});

test.each(["0", "129", "-1", "2.5", "two", "", " 2", "1e2", "AUTO"])(
  "%p is refused with the accepted values",
  (text) => {
    expect(() => readWorkerCount(text, 8, "linux")).toThrow(
      `--workers (WORKERS) is a whole number from 1 to 128, or auto, and not ${text}`,
    );
  },
);

test("several workers are refused where the kernel does not balance connections", () => {
  expect(() => readWorkerCount("2", 8, "darwin")).toThrow("needs Linux");
  expect(() => readWorkerCount("auto", 8, "win32")).toThrow("needs Linux");
  expect(readWorkerCount("1", 8, "darwin")).toBe(1);
});
