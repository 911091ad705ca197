import { describe, expect, test } from "bun:test";
import { keepTracestate } from "./tracestate.ts";

describe("tracestate", () => {
  test.each([
    ["one vendor", "congo=t61rcWkgMzE"],
    ["several, with spaces between", "rojo=00f067aa0ba902b7 , congo=t61rcWkgMzE"],
    ["a tenant's key", "fw529a3039@dt=FfAAAAAAAA"],
    ["empty members, as joined headers leave them", "a=b,,c=d,"],
    ["32 members", Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(",")],
  ])("%s is passed on as it came", (_name, header) => {
    expect(keepTracestate(header)).toBe(header);
  });

  test.each([
    ["nothing", null],
    ["an empty text", ""],
    ["only commas", ",,"],
    ["a member without a value", "a"],
    ["an empty value", "a="],
    ["a key in upper case", "Congo=1"],
    ["an equals sign in a value", "a=b=c"],
    ["a line end", "a=b\r\nx-evil: 1"],
    ["what is not ASCII", "a=é"],
    ["the same key twice", "a=1,b=2,a=3"],
    ["33 members", Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(",")],
    ["a key that is too long", `${"k".repeat(257)}=v`],
    ["a value that is too long", `a=${"v".repeat(257)}`],
    [
      "more than 1,024 characters",
      Array.from({ length: 5 }, (_, index) => `k${index}=${"v".repeat(250)}`).join(","),
    ],
  ])("%s is dropped whole", (_name, header) => {
    expect(keepTracestate(header)).toBeNull();
  });
});
