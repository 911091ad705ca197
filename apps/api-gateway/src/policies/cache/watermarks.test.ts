import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { cachePolicies } from "../../../test/support/start-cache.ts";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";
import { signUrl } from "../signed-url/sign-url.ts";

test.each([{ query: "all" }, { query: "none" }, { query: ["width"] }])(
  "nobody gets an answer with another's watermark from a cache that keeps $query of the query",
  async ({ query }) => {
    await using directory = await createTemporaryDirectory();
    const secret = Buffer.alloc(32, "s");
    const file = join(directory.path, "url.key");
    await Bun.write(file, secret);
    await using upstream = startUpstream(
      ({ headers }) =>
        new Response(headers.get("x-watermark-id"), { headers: { "cache-control": "public, max-age=60" } }),
    );
    const keys = [{ id: "k1", secret: { file } }];
    const policies = [{ type: "signed-url", keys }, ...cachePolicies({ query })];
    await using gateway = await startGatewayTo(upstream.url, { policies });
    const seenBy = async (watermark: string) => {
      const url = `${gateway.url}/media/a.mp4?width=9`;
      const expiresAt = Date.now() + 60_000;
      return await (await fetch(signUrl({ url, keyId: "k1", secret, expiresAt, watermark }))).text();
    };
    expect([await seenBy("ana"), await seenBy("ben")]).toEqual(["ana", "ben"]);
  },
);
