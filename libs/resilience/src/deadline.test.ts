import { describe, expect, test } from "bun:test";
import { withDeadline } from "./deadline.ts";

/** Never ends by itself, and keeps what its signal said. */
function endless(): { readonly work: (signal: AbortSignal) => Promise<never>; signal: AbortSignal | null } {
  const state: ReturnType<typeof endless> = {
    signal: null,
    work: (signal) => {
      state.signal = signal;
      return new Promise(() => {});
    },
  };
  return state;
}

describe("a deadline", () => {
  test("gives the answer of work that ends in time, and its error", async () => {
    expect(await withDeadline({ ms: 60_000 }, () => Promise.resolve("done"))).toBe("done");
    await expect(withDeadline({ ms: 60_000 }, () => Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
  });

  test("aborts the work and rejects, also where the work does not listen", async () => {
    const call = endless();
    await expect(withDeadline({ ms: 1 }, call.work)).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(call.signal?.aborted).toBe(true);
    await expect(withDeadline({ ms: 1, code: "upstream_timeout" }, call.work)).rejects.toMatchObject({
      code: "upstream_timeout",
    });
  });

  test("a caller that leaves ends the work with the caller's own reason", async () => {
    const controller = new AbortController();
    const call = endless();
    const result = withDeadline({ ms: 60_000, signal: controller.signal }, call.work);
    controller.abort(new Error("left"));
    await expect(result).rejects.toThrow("left");
    expect(call.signal?.reason).toEqual(new Error("left"));
    await expect(withDeadline({ ms: 60_000, signal: controller.signal }, call.work)).rejects.toThrow("left");
  });
});
