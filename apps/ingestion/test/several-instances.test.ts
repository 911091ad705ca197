import { afterAll, beforeAll, expect, test } from "bun:test";
import { createTemporaryDirectory, openingLimitMs, type TemporaryDirectory } from "@libs/testing";
import { type RunningIngestion, startIngestion } from "./support/start-ingestion.ts";

let directory: TemporaryDirectory;
let one: RunningIngestion;
let other: RunningIngestion;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  one = await startIngestion(directory.path);
  other = await one.another();
}, openingLimitMs);

afterAll(async () => {
  await other.stop();
  await one.stop();
  await directory.remove();
});

function add(id: string, quantity: number): object {
  const items = [{ sku: "A", quantity, priceMinor: 1000 }];
  return { id, type: "add_to_cart", sessionId: "s-1", cartId: "c-1", currency: "EUR", items };
}

test("an event stored by one instance is known to another that has its visit cached", async () => {
  await one.post(add("e-1", 1));
  await other.post(add("e-2", 2));
  await one.post(add("e-3", 4));
  expect(await other.post(add("e-3", 4))).toMatchObject({ body: { accepted: 0, duplicates: 1 } });
  expect(await one.post(add("e-2", 2))).toMatchObject({ body: { accepted: 0, duplicates: 1 } });
  for (const instance of [one, other])
    expect(await instance.get("/carts/c-1")).toMatchObject({ body: { items: [{ quantity: 7 }] } });
});
