import { expect, test } from "bun:test";
import { forwardOutput } from "./forward-output.ts";

async function forward(chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const written: string[] = [];
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of bytes) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });
  await forwardOutput(stream, { write: (lines) => void written.push(lines) });
  return written;
}

test("lines are forwarded whole, however they are chunked", async () => {
  const euro = Buffer.from("€");
  expect(await forward(["one\ntw", "o\nthree: ", euro.subarray(0, 1), euro.subarray(1), "\n"])).toEqual([
    "one\n",
    "two\n",
    "three: €\n",
  ]);
});

test("a last line without line end gets one", async () => {
  expect(await forward(["a\nlast"])).toEqual(["a\n", "last\n"]);
});

test("an overlong line is buffered up to a bound, and forwarded in parts", async () => {
  const long = "x".repeat(600_000);
  expect((await forward([long, long, "y\n"])).map((part) => part.length)).toEqual([1_200_000, 2]);
});

test("output is read no faster than the sink accepts it", async () => {
  const taken = Promise.withResolvers<void>();
  let reads = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        reads += 1;
        if (reads > 10) controller.close();
        else controller.enqueue(Buffer.from("line\n"));
      },
    },
    { highWaterMark: 0 },
  );
  const written = Promise.withResolvers<void>();
  const done = forwardOutput(stream, { write: () => written.resolve(), flush: () => taken.promise });
  await written.promise;
  await Bun.sleep(0);
  expect(reads).toBe(1);
  taken.resolve();
  await done;
  expect(reads).toBe(11);
});
