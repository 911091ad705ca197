import { describe, expect, test } from "bun:test";
import { createSingleFlight } from "./single-flight.ts";

describe("single flight", () => {
  test("callers of the same key share one call, and the next one after it starts anew", async () => {
    const flights = createSingleFlight<string, number>();
    let calls = 0;
    const work = () => Promise.resolve(++calls);
    expect(
      await Promise.all([flights.run("a", work), flights.run("a", work), flights.run("b", work)]),
    ).toEqual([1, 1, 2]);
    expect(flights.size).toBe(0);
    expect(await flights.run("a", work)).toBe(3);
  });

  test("an error reaches every caller and is not kept", async () => {
    const flights = createSingleFlight<string, number>();
    const broken = () => Promise.reject(new Error("broken"));
    const results = await Promise.allSettled([flights.run("a", broken), flights.run("a", broken)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await flights.run("a", () => Promise.resolve(1))).toBe(1);
  });

  test("work that throws at once rejects like any other", async () => {
    const flights = createSingleFlight<string, number>();
    const broken = (): Promise<number> => {
      throw new Error("at once");
    };
    await expect(flights.run("a", broken)).rejects.toThrow("at once");
    expect(flights.size).toBe(0);
  });

  test("one caller that leaves does not end it for the others", async () => {
    const flights = createSingleFlight<string, string>();
    const answer = Promise.withResolvers<string>();
    const controller = new AbortController();
    let workSignal: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      workSignal = signal;
      return answer.promise;
    };
    const leaving = flights.run("a", work, controller.signal);
    const staying = flights.run("a", work);
    controller.abort(new Error("left"));
    await expect(leaving).rejects.toThrow("left");
    expect(workSignal?.aborted).toBe(false);
    answer.resolve("done");
    expect(await staying).toBe("done");
  });

  test("the work ends with its last caller, and who comes then starts anew", async () => {
    const flights = createSingleFlight<string, string>();
    const controller = new AbortController();
    const started = Promise.withResolvers<AbortSignal>();
    const endless = (signal: AbortSignal) => {
      started.resolve(signal);
      return new Promise<string>(() => {});
    };
    const leaving = flights.run("a", endless, controller.signal);
    const signal = await started.promise;
    controller.abort(new Error("left"));
    await expect(leaving).rejects.toThrow("left");
    expect(signal.aborted).toBe(true);
    expect(await flights.run("a", () => Promise.resolve("anew"))).toBe("anew");
    await expect(flights.run("a", endless, controller.signal)).rejects.toThrow("left");
  });
});
