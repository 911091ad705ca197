import { METHODS } from "node:http";
import { expect, test } from "bun:test";
import { methodAt, methods } from "./methods.ts";

test("the methods are those that the runtime knows", () => {
  expect(methods).toEqual(METHODS);
});

test("a method is found at the start of a request, and others are not", () => {
  expect(methods.map((method) => methodAt(`${method} / HTTP/1.1`, method.length))).toEqual([...methods]);
  expect([methodAt("get / HTTP/1.1", 3), methodAt("CART / HTTP/1.1", 4)]).toEqual([null, null]);
});
