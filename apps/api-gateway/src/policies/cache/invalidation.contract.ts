import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

/** Gateways with one route to one service, and one cache for all of them. */
export interface CachingGateways extends AsyncDisposable {
  readonly asking: string;
  /** The gateway that is told of changes; it may be the same. */
  readonly changing: string;
}

/** What a change guarantees, whichever of the gateways with a common cache is told of it. */
export function describeInvalidation(
  name: string,
  start: (service: string) => Promise<CachingGateways>,
): void {
  describe(name, () => {
    test("an answer that was asked for before a change and comes after it is neither stored nor waited for", async () => {
      let content = "old";
      const late = Promise.withResolvers<void>();
      await using upstream = startUpstream(async ({ method }) => {
        if (method === "POST") content = "new";
        const text = content;
        if (text === "old") await late.promise;
        return new Response(text, { headers: { "cache-control": "max-age=60" } });
      });
      await using gateways = await start(upstream.url);
      const before = send(gateways.asking);
      await upstream.seen.atLeast(1);
      await send(gateways.changing, "POST");
      expect((await send(gateways.changing)).text).toBe("new");
      late.resolve();
      expect((await before).text).toBe("old");
      await waitUntil(async () => (await send(gateways.asking)).isHit);
      for (const url of [gateways.asking, gateways.changing])
        expect(await send(url)).toEqual({ text: "new", isHit: true });
    });
  });
}

async function send(
  url: string,
  method = "GET",
): Promise<{ readonly text: string; readonly isHit: boolean }> {
  const answer = await fetch(url, { method, headers: { host: "shop.test" } });
  const isHit = answer.headers.get("cache-status")?.includes("hit") === true;
  return { text: await answer.text(), isHit };
}
