import { expect, test } from "bun:test";
import { HeaderList } from "../model/http/header-list.ts";
import { addVary } from "./add-vary.ts";

const varying = (...values: readonly string[]) => new HeaderList(values.flatMap((value) => ["Vary", value]));

test("names are added once, whatever their case and line", () => {
  const headers = varying("origin", "Accept , accept-encoding");
  addVary(headers, "Origin", "X-Shop", "Accept-Encoding");
  addVary(headers, "X-Shop");
  expect(headers.getAll("vary")).toEqual(["origin", "Accept , accept-encoding", "X-Shop"]);
});

test("nothing is added to Vary: *", () => {
  const headers = varying("*");
  addVary(headers, "Origin");
  expect(headers.getAll("vary")).toEqual(["*"]);
});
