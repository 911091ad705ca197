import { expect, test } from "bun:test";
import { readWorkerSelection } from "./worker-selection.ts";

const read = (path: string) => readWorkerSelection(new URL(path, "http://localhost:3900"));

test("shared state is read from any worker, own state from all", () => {
  for (const path of ["/config", "/routes", "/explain?method=GET&url=/a", "/users", "/hub/connections"])
    expect(read(path)?.selection).toEqual({ kind: "any" });
  for (const path of [
    "/services",
    "/decisions?requestId=a",
    "/watch",
    "/caches/purge",
    "/config/reload",
    "/hub",
  ])
    expect(read(path)?.selection).toEqual({ kind: "all" });
});

test("a request may select a worker, invisibly to the verbs", () => {
  expect(read("/services?worker=2&limit=5")).toEqual({
    selection: { kind: "one", number: 2 },
    url: "http://localhost:3900/services?limit=5",
  });
  expect(read("/routes?worker=all")).toEqual({
    selection: { kind: "all" },
    url: "http://localhost:3900/routes",
  });
});

test.each(["0", "-1", "1.5", "first", "", "12345", "1&worker=2"])(
  "an invalid worker is refused: %p",
  (name) => {
    expect(read(`/services?worker=${name}`)).toBeNull();
  },
);
