import { expect, test } from "bun:test";
import { WireResponse } from "@libs/http1";
import { startServer } from "../../test/start-server.ts";
import { requestIdOf } from "./request-id.ts";

test("a request keeps its id if its response cannot be written and is replaced", async () => {
  const ids: string[] = [];
  await using started = await startServer({
    front(request) {
      ids.push(requestIdOf(request), requestIdOf(request));
      return new WireResponse(200, ["x-broken", "a\nb"], "never sent");
    },
  });
  const answer = await fetch(started.url);
  const [id = ""] = ids;
  expect([answer.status, ...ids]).toEqual([500, id, id]);
  expect(answer.headers.get("x-request-id")).toBe(id);
  const given = await fetch(started.url, { headers: { "x-request-id": "of-the-caller-1" } });
  expect(given.headers.get("x-request-id")).toBe("of-the-caller-1");
});
