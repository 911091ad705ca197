import { expect, test } from "bun:test";
import { InstanceMetrics, type MetricsSource } from "./instance-metrics.ts";

const text = (asked: number, inFlight = 0): string =>
  [
    "# HELP cartway_asked_total Help.",
    "# TYPE cartway_asked_total counter",
    `cartway_asked_total ${asked}`,
    "# HELP cartway_gateway_requests_in_flight Help.",
    "# TYPE cartway_gateway_requests_in_flight gauge",
    `cartway_gateway_requests_in_flight ${inFlight}`,
    "",
  ].join("\n");

const source = (id: number, ask: () => Promise<string>): MetricsSource => ({ id, worker: String(id), ask });

function start(sources: MetricsSource[]) {
  const late: string[] = [];
  const metrics = new InstanceMetrics({ sources: () => sources, onLate: (worker) => void late.push(worker) });
  const read = async (): Promise<readonly number[]> =>
    [...(await metrics.render()).matchAll(/^cartway\w+ (\d+)$/gm)].map(([, value]) => Number(value));
  return { metrics, read, late, sources };
}

test("all workers are queried, and concurrent requests share the result", async () => {
  let asked = 0;
  const { read } = start([
    source(1, () => Promise.resolve(text((asked += 1), 2))),
    source(2, () => Promise.resolve(text(10, 3))),
  ]);
  expect(await Promise.all([read(), read()])).toEqual([
    [11, 5],
    [11, 5],
  ]);
  expect(await read()).toEqual([12, 5]);
});

test("a worker that does not respond keeps its last values, and is reported", async () => {
  let isHanging = false;
  const hanging = (): Promise<string> =>
    isHanging ? Promise.reject(new Error("no answer")) : Promise.resolve(text(5, 1));
  const { read, late } = start([source(1, hanging), source(2, () => Promise.resolve(text(1)))]);
  expect(await read()).toEqual([6, 1]);
  isHanging = true;
  expect(await read()).toEqual([6, 1]);
  expect(late).toEqual(["1"]);
});

test("a worker's counters are kept when it ends, and its successor's are added", async () => {
  const running = start([source(1, () => Promise.resolve(text(5, 4)))]);
  expect(await running.read()).toEqual([5, 4]);
  running.sources.length = 0;
  running.metrics.ended(1);
  running.metrics.ended(1);
  expect(await running.read()).toEqual([5]);
  running.sources.push(source(2, () => Promise.resolve(text(3, 1))));
  expect(await running.read()).toEqual([8, 1]);
});

test("a worker's final counters are included without having been requested", async () => {
  const { metrics, read } = start([]);
  metrics.reported({ id: 1, worker: "1" }, text(9, 1));
  metrics.ended(1);
  expect(await read()).toEqual([9]);
});

test("an answer that arrives after its process has ended is not counted twice", async () => {
  const answer = Promise.withResolvers<string>();
  const running = start([source(1, () => answer.promise)]);
  const reading = running.read();
  running.metrics.reported({ id: 1, worker: "1" }, text(7));
  running.sources.length = 0;
  running.metrics.ended(1);
  answer.resolve(text(7));
  expect(await reading).toEqual([7]);
});
