import { expect, test } from "bun:test";
import { policies } from "./registry.ts";

const shared = Object.values(policies).filter(({ isShared }) => isShared === true);

test.each(shared.map((definition) => [definition.type, definition] as const))(
  "%s, which routes share, is created without knowing a route",
  (_type, definition) => {
    expect(definition.create.length).toBeLessThanOrEqual(2);
  },
);
