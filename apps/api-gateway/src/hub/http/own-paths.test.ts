import { expect, test } from "bun:test";
import { hubPathsOf } from "../hub-paths.ts";
import { OwnPaths } from "./own-paths.ts";

const own = new OwnPaths(hubPathsOf([{ path: "/ws" }]));

test("the hub owns its endpoints, their fallbacks, the publish paths and the ticket path", () => {
  for (const path of [
    ...hubPathsOf([{ path: "/ws" }]),
    "/ws/sse",
    "/hub/publish",
    "/hub/history",
    "/auth/ws-ticket",
  ]) {
    expect([path, own.has({ url: `http://shop.test:3000${path}` })]).toEqual([path, true]);
    expect(own.has({ url: `https://shop.test${path}?room=cart%2F1#top` })).toBe(true);
    expect(own.has({ url: `https://shop.test${path}#top?` })).toBe(true);
  }
});

test("longer and shorter paths, and paths in a query, are not the hub's", () => {
  for (const path of ["/", "/w", "/ws/", "/wsx", "/ws/other", "/x/ws", "/api?next=/ws", "/hub/publish/x"])
    expect([path, own.has({ url: `http://shop.test${path}` })]).toEqual([path, false]);
  expect(own.has({ url: "/ws" })).toBe(false);
  expect(own.has({ url: "http://shop.test" })).toBe(false);
});
