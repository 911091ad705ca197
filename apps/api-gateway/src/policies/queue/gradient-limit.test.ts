import { describe, expect, test } from "bun:test";
import { GradientLimit } from "./gradient-limit.ts";

const options = { initial: 20, min: 4, max: 1000, windowMs: 200, tolerance: 1.5, probeMs: 60_000 };

/** A service that does `workers` requests at a time, each in `workMs`; what is more waits in it. */
class Service {
  workers: number;
  workMs: number;
  constructor(workers: number, workMs: number) {
    this.workers = workers;
    this.workMs = workMs;
  }
  answerMs(inFlight: number): number {
    return this.workMs * Math.max(1, inFlight / this.workers);
  }
}

/** Simulates the service for a while, with `offered` requests always pending. @returns the limits over time. */
function run(service: Service, seconds: number, offered = Number.POSITIVE_INFINITY, from?: Simulation) {
  const simulation = from ?? new Simulation();
  const limits: number[] = [];
  const end = simulation.time + seconds * 1000;
  while (simulation.time < end) {
    const inFlight = Math.min(simulation.gradient.limit, offered);
    const answerMs = service.answerMs(inFlight);
    const perAnswerMs = answerMs / inFlight;
    simulation.time += perAnswerMs;
    simulation.gradient.sample(answerMs, inFlight, false);
    limits.push(simulation.gradient.limit);
  }
  return { simulation, limits };
}

class Simulation {
  time = 0;
  readonly gradient = new GradientLimit({ ...options, now: () => this.time });
}

describe("an adaptive limit", () => {
  test.each([
    [8, 20],
    [50, 20],
    [300, 5],
  ])("finds the capacity of a service with %d workers without far exceeding it", (workers, workMs) => {
    const { limits } = run(new Service(workers, workMs), 30);
    const settled = limits.slice(-Math.floor(limits.length / 3));
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(workers * 0.95);
    expect(Math.max(...settled)).toBeLessThanOrEqual(workers * 1.5 + 2 * Math.sqrt(workers * 1.5) + 2);
  });

  test("does not drift during ten minutes of overload", () => {
    const { limits } = run(new Service(50, 20), 600);
    expect(Math.max(...limits.slice(-limits.length / 10))).toBeLessThan(110);
  });

  test("decreases when the service slows down, and increases when it recovers", () => {
    const service = new Service(50, 20);
    const { simulation } = run(service, 30);
    service.workers = 10;
    run(service, 30, undefined, simulation);
    expect(simulation.gradient.limit).toBeLessThan(30);
    service.workers = 50;
    run(service, 30, undefined, simulation);
    expect(simulation.gradient.limit).toBeGreaterThanOrEqual(50);
  });

  test("accepts a permanently slower service at its next probe", () => {
    const service = new Service(50, 20);
    const { simulation } = run(service, 30);
    service.workMs = 200;
    run(service, 200, undefined, simulation);
    expect(simulation.gradient.limit).toBeGreaterThanOrEqual(45);
  });

  test("does not grow for callers that do not use it", () => {
    const { simulation } = run(new Service(500, 20), 30, 5);
    expect(simulation.gradient.limit).toBe(20);
  });

  test("decreases by a tenth per window while the service reports overload, never below its minimum", () => {
    const simulation = new Simulation();
    const overload = () => simulation.gradient.sample(1, 20, true);
    simulation.time += 200;
    for (let count = 0; count < 10; count += 1) overload();
    expect(simulation.gradient.limit).toBe(20);
    simulation.time += 200;
    for (let count = 0; count < 10; count += 1) overload();
    expect(simulation.gradient.limit).toBe(18);
    for (let count = 0; count < 1000; count += 1) {
      simulation.time += 50;
      overload();
    }
    expect(simulation.gradient.limit).toBe(4);
  });
});
