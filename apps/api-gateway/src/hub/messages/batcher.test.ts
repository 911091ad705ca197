import { expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { Batcher } from "./batcher.ts";

interface Sent {
  readonly body: string;
  readonly items: readonly number[];
  readonly finish: () => void;
}

function create(options: { max?: number; bytesMax?: number; waitMs?: number; concurrencyMax?: number } = {}) {
  const sent = createEventLog<Sent>();
  const batcher = new Batcher<number>({
    max: 3,
    bytesMax: 1000,
    waitMs: 1,
    concurrencyMax: 1,
    send: (texts, items) =>
      new Promise((finish) => sent.push({ body: `[${texts.join(",")}]`, items, finish })),
    ...options,
  });
  return { sent, batcher };
}

test("a full batch is sent at once, a partial one after its first text has waited", async () => {
  const { sent, batcher } = create({ concurrencyMax: 2 });
  for (let index = 0; index < 4; index++) batcher.add(`${index}`, index);
  expect(sent.all.map((call) => call.body)).toEqual(["[0,1,2]"]);
  await sent.atLeast(2);
  expect(sent.all[1]).toMatchObject({ body: "[3]", items: [3] });
});

test("while all calls are busy the next batches grow, and are sent in order as calls finish", async () => {
  const { sent, batcher } = create();
  batcher.add("0", 0);
  const first = await sent.next();
  for (let index = 1; index <= 5; index++) batcher.add(`${index}`, index);
  await Bun.sleep(5);
  expect(sent.all.length).toBe(1);
  first.finish();
  const second = await sent.next();
  expect(second.body).toBe("[1,2,3]");
  second.finish();
  expect((await sent.next()).body).toBe("[4,5]");
});

test("a batch never exceeds its byte limit", async () => {
  const { sent, batcher } = create({ bytesMax: 10, max: 100, concurrencyMax: 4 });
  for (let index = 0; index < 3; index++) batcher.add(`"aaaa"`, index);
  await sent.atLeast(3);
  expect(sent.all.map((call) => call.items)).toEqual([[0], [1], [2]]);
  for (let index = 3; index < 5; index++) batcher.add(`"éé"`, index);
  expect((await sent.atLeast(4)).at(-1)?.items).toEqual([3]);
});
