import { expect, test } from "bun:test";
import { createChannelPair } from "../../test/workers/channel-pair.ts";
import { Link, type Tasks, type TaskTypes } from "./link.ts";

type Sums = { readonly add: { readonly asked: readonly number[]; readonly answer: number } };

function connect(add: Tasks<Sums>["add"]) {
  const pair = createChannelPair();
  const asked = new Link<TaskTypes, Sums>(pair.supervisor, {});
  const asking = new Link<Sums, TaskTypes>(pair.worker, { add });
  return { pair, asked, asking };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test("each call gets its own answer, in whatever order they arrive", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { asked } = connect(async (numbers) => {
    await gates[numbers.length - 1]?.promise;
    return sum(numbers);
  });
  const answers = [asked.ask("add", [1], 5000), asked.ask("add", [2, 3], 5000)];
  gates[1]?.resolve();
  expect(await answers[1]).toBe(5);
  gates[0]?.resolve();
  expect(await answers[0]).toBe(1);
});

test("a call times out, and its late answer is ignored", async () => {
  const gate = Promise.withResolvers<number>();
  const { asked } = connect(() => gate.promise);
  await expect(asked.ask("add", [], 5)).rejects.toThrow("no answer within 5 ms");
  gate.resolve(1);
  const { asked: another } = connect(sum);
  expect(await another.ask("add", [4], 5000)).toBe(4);
});

test("an error on the other side rejects the call", async () => {
  const { asked } = connect(() => Promise.reject(new Error("the numbers are used up")));
  await expect(asked.ask("add", [], 5000)).rejects.toThrow("the numbers are used up");
});

test("an unknown task is refused, inherited properties included", async () => {
  const pair = createChannelPair();
  const asked = new Link<TaskTypes, { readonly toString: { readonly asked: null; readonly answer: string } }>(
    pair.supervisor,
    {},
  );
  const other = new Link<TaskTypes, TaskTypes>(pair.worker, {});
  expect(other).toBeDefined();
  await expect(asked.ask("toString", null, 5000)).rejects.toThrow("there is no task toString");
});

test("when a process ends, its pending calls reject and further ones are refused", async () => {
  const { asked, pair } = connect(() => new Promise<number>(() => {}));
  const waiting = asked.ask("add", [1], 60_000);
  pair.close();
  await expect(waiting).rejects.toThrow("the other process has ended");
  await expect(asked.ask("add", [1], 60_000)).rejects.toThrow("the other process has ended");
});

test("a notification runs its task without awaiting an answer", async () => {
  const told = Promise.withResolvers<readonly number[]>();
  const { asked } = connect((numbers) => {
    told.resolve(numbers);
    return 0;
  });
  asked.tell("add", [7]);
  expect(await told.promise).toEqual([7]);
});

test("foreign messages are ignored", async () => {
  const { asked, pair } = connect(sum);
  for (const message of [null, "text", { kind: "ask" }, { kind: "ask", id: "1" }, { kind: "x", id: 1 }])
    pair.supervisor.send(message);
  expect(await asked.ask("add", [1, 1], 5000)).toBe(2);
});
