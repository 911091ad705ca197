import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, t } from "elysia";
import type { AdminParts } from "../admin-parts.ts";
import { readCounters } from "./read-counters.ts";

const query = Type.Object(
  {
    windowMs: t.Integer({
      minimum: 100,
      maximum: 10_000,
      default: 1000,
      description: "How long is counted; the answer takes as long.",
    }),
  },
  { additionalProperties: false },
);

/** `GET /hub/rates`: the per-second activity of this instance's hub, sampled briefly: frames, closes, drops, recoveries. */
export function showRates({ metrics }: AdminParts): AnyElysia {
  async function measure(windowMs: number): Promise<object> {
    const before = readCounters(await metrics.render(), "cartway_hub_");
    const startedAt = performance.now();
    await Bun.sleep(windowMs);
    const after = readCounters(await metrics.render(), "cartway_hub_");
    const seconds = (performance.now() - startedAt) / 1000;
    const perSec = [...after].flatMap(([series, count]) => {
      const more = count - (before.get(series) ?? 0);
      return more === 0 ? [] : [[series, Math.round((more / seconds) * 100) / 100] as const];
    });
    return { windowMs, perSec: Object.fromEntries(perSec) };
  }

  return new Elysia().get("/hub/rates", ({ query }) => measure(query.windowMs), {
    query,
    detail: { tags: ["hub"], summary: "Get the hub's rates per second, by kind" },
  });
}
