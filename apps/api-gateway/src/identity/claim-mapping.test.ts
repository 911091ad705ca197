import { expect, test } from "bun:test";
import { compileClaimMapping } from "./claim-mapping.ts";
import { compileCallerHeaders } from "./forward/caller-headers.ts";
import { HeaderList } from "../model/http/header-list.ts";

const groups = [...Array.from({ length: 300 }, (_, index) => `group-${index}`), "shop-operators"];
const roleMap = { "shop-operators": "operator", "group-7": "customer", "group-8": "customer" };

test("a role of the map is granted whichever place it has among the issuer's roles, and once", () => {
  const fromClaims = compileClaimMapping({
    subject: "sub",
    scopes: "scope",
    session: "sid",
    roles: "groups",
    roleMap,
  });
  expect(fromClaims({ sub: "ana", groups })?.roles).toEqual(["customer", "operator"]);
  const fromHeaders = compileCallerHeaders({
    subject: "remote-user",
    roles: "remote-groups",
    separator: ",",
    roleMap,
  });
  const headers = new HeaderList(["remote-user", "ana", "remote-groups", groups.join(",")]);
  expect(fromHeaders(headers).roles).toEqual(["customer", "operator"]);
});
