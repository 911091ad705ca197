import { expect, test } from "bun:test";
import { readBearer } from "./read-bearer.ts";

test("a token is read with its scheme in any case (RFC 9110, section 11.1)", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    expect(readBearer(`${scheme} a.b-c_d~e+f/g==`)).toEqual({ kind: "token", token: "a.b-c_d~e+f/g==" });
  }
  expect(readBearer(null)).toEqual({ kind: "absent" });
});

test("anything else in the header is malformed, never absent", () => {
  const tricks = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer  x",
    "Bearer\tx",
    " Bearer x",
    "Bearer x ",
    "Bearer x y",
    "Bearer a, Bearer b",
    "Bearer a,b",
    "Bearer=x",
    "Bearer:x",
    "Bearerx",
    "Basic dTpw",
    "Bearer =",
    "Bearer a=b",
    "Bearer \u00e9",
    "Bearer\u00a0x",
    "Token x",
  ];
  expect(tricks.map((trick) => [trick, readBearer(trick).kind])).toEqual(
    tricks.map((trick) => [trick, "malformed"]),
  );
});
