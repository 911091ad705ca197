import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createTemporaryDirectory, openingLimitMs, type TemporaryDirectory, waitUntil } from "@libs/testing";
import { type RunningIngestion, startIngestion } from "./support/start-ingestion.ts";

let directory: TemporaryDirectory;
let ingestion: RunningIngestion;
let count = 0;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  ingestion = await startIngestion(directory.path);
}, openingLimitMs);

afterAll(async () => {
  await ingestion.stop();
  await directory.remove();
});

function event(fields: object = {}): { id: string; type: string; sessionId: string } {
  count += 1;
  return { id: `e-${count}`, type: "view_page", sessionId: `s-${count}`, ...fields };
}

function cartEvent(type: string, cartId: string, quantity: number, fields: object = {}): object {
  return event({
    type,
    cartId,
    sessionId: `s-${cartId}`,
    currency: "EUR",
    items: [{ sku: "A", quantity, priceMinor: 1000 }],
    ...fields,
  });
}

async function rowsOf(id: string): Promise<number> {
  const [row] = await ingestion.clickhouse.query<{ n: string }>(
    "SELECT toString(count()) AS n FROM events WHERE id = {id:String}",
    { id },
  );
  return Number(row?.n);
}

describe("POST /events", () => {
  test("an acknowledged event is in ClickHouse", async () => {
    const one = event();
    expect(await ingestion.post(one)).toEqual({
      status: 200,
      body: { accepted: 1, duplicates: 0, rejected: [] },
    });
    expect(await rowsOf(one.id)).toBe(1);
  });

  test("a repeated event is acknowledged again and stored once", async () => {
    const one = event();
    await ingestion.post(one);
    expect(await ingestion.post(one)).toMatchObject({ body: { accepted: 0, duplicates: 1 } });
    expect(await ingestion.post([one, one])).toMatchObject({ body: { accepted: 0, duplicates: 2 } });
    expect(await rowsOf(one.id)).toBe(1);
  });

  test("duplicates that arrive together, in one batch or several, are stored once", async () => {
    const one = event();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ingestion.post([one, one])));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(await rowsOf(one.id)).toBe(1);
  });

  test("a different event with a known id is refused as a conflict", async () => {
    const one = event();
    await ingestion.post(one);
    const other = { ...one, shopperId: "somebody-else" };
    expect(await ingestion.post(other)).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
    expect(await ingestion.post([other])).toMatchObject({
      status: 200,
      body: { rejected: [{ index: 0, code: "conflict" }] },
    });
  });

  test("a batch accepts valid events, and lists each invalid one by index, id and reason", async () => {
    const good = event();
    const { status, body } = await ingestion.post([event({ type: "nope" }), good, 5]);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [
        {
          index: 0,
          id: expect.any(String),
          code: "validation_failed",
          message: expect.stringContaining("nope"),
          retryable: false,
        },
        { index: 2, code: "validation_failed" },
      ],
    });
    expect(await rowsOf(good.id)).toBe(1);
  });

  describe("an unusable body gets a clear error", () => {
    const cases: [string, string, number, string][] = [
      ["malformed JSON", "{", 400, "invalid_json"],
      ["nothing", "", 400, "invalid_json"],
      ["a single bad event", '{"type":"view_page"}', 422, "validation_failed"],
      ["a prototype-polluting key", '{"__proto__":{"admin":true}}', 400, "invalid_json"],
      ["more than 1,000 elements", `[${"{},".repeat(1000)}{}]`, 413, "payload_too_large"],
      ["a million elements", `[${"1,".repeat(1_000_000)}1]`, 413, "payload_too_large"],
      ["five mebibytes", `"${"x".repeat(5 * 1024 * 1024)}"`, 413, "payload_too_large"],
    ];
    for (const [name, body, status, code] of cases) {
      test(name, async () => {
        expect(await ingestion.post(body)).toMatchObject({
          status,
          body: { error: { code, requestId: expect.any(String) } },
        });
      });
    }

    test("invalid UTF-8", async () => {
      const response = await fetch(`${ingestion.url}/events`, {
        method: "POST",
        body: new Uint8Array([0x22, 0xff, 0x22]),
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_json" } });
    });
  });
});

describe("carts", () => {
  test("a cart has the state that results from its events", async () => {
    await ingestion.post([
      cartEvent("add_to_cart", "c-1", 2),
      cartEvent("add_to_cart", "c-1", 1),
      cartEvent("remove_from_cart", "c-1", 1),
    ]);
    expect(await ingestion.get("/carts/c-1")).toMatchObject({
      status: 200,
      body: {
        cartId: "c-1",
        status: "active",
        valueMinor: 2000,
        currency: "EUR",
        items: [{ sku: "A", quantity: 2 }],
      },
    });
  });

  test("events that arrive in another order than they happened are folded by their time", async () => {
    const at = (second: number) => ({
      occurredAt: new Date(Date.now() - 60_000 + second * 1000).toISOString(),
    });
    await ingestion.post([
      cartEvent("update_quantity", "c-turned", 5, at(3)),
      cartEvent("add_to_cart", "c-turned", 1, at(1)),
      cartEvent("update_quantity", "c-turned", 9, at(2)),
    ]);
    expect(await ingestion.get("/carts/c-turned")).toMatchObject({ body: { items: [{ quantity: 5 }] } });
  });

  test("a late event is folded at its time", async () => {
    const at = (minute: number) => ({
      occurredAt: new Date(Date.now() - 3_600_000 + minute * 60_000).toISOString(),
    });
    await ingestion.post(cartEvent("add_to_cart", "c-late", 1, at(1)));
    await ingestion.post(cartEvent("update_quantity", "c-late", 5, at(3)));
    await ingestion.post(cartEvent("update_quantity", "c-late", 9, at(2)));
    expect(await ingestion.get("/carts/c-late")).toMatchObject({ body: { items: [{ quantity: 5 }] } });
  });

  test("lists are filtered by status and value, and paged", async () => {
    await ingestion.post([3, 4, 5].map((quantity) => cartEvent("add_to_cart", `list-${quantity}`, quantity)));
    const first = await ingestion.get("/carts?status=active&minValue=3000&limit=2&after=list");
    expect(first.body).toMatchObject({ carts: [{ cartId: "list-3" }, { cartId: "list-4" }], next: "list-4" });
    const second = await ingestion.get("/carts?status=active&minValue=3000&limit=2&after=list-4");
    expect(second.body).toMatchObject({ carts: [{ cartId: "list-5" }], next: null });
    expect(await ingestion.get("/carts?status=strange")).toMatchObject({ status: 422 });
  });

  test("an unknown cart is not found", async () => {
    expect(await ingestion.get("/carts/none")).toMatchObject({
      status: 404,
      body: { error: { code: "not_found" } },
    });
  });

  test("a cart that missed events is repaired", async () => {
    await ingestion.post(cartEvent("add_to_cart", "c-behind", 7));
    await ingestion.sql.query(
      "update carts set items = '[]', value_minor = 0, last_sequence = 0 where cart_id = 'c-behind'",
    );
    await ingestion.stop();
    ingestion = await startIngestion(directory.path);
    expect(await ingestion.get("/carts/c-behind")).toMatchObject({ body: { valueMinor: 7000 } });
  });
});

test("analytics count each session and cart once", async () => {
  const before = (await ingestion.get("/analytics/funnel")).body as Record<string, number>;
  const sessionId = "s-funnel";
  const items = { cartId: "c-funnel", currency: "EUR", items: [{ sku: "A", quantity: 1, priceMinor: 100 }] };
  await ingestion.post(["view_product", "view_product"].map((type) => event({ type, sessionId })));
  await ingestion.post(
    ["add_to_cart", "start_checkout", "purchase"].map((type) => event({ type, sessionId, ...items })),
  );
  const after = (await ingestion.get("/analytics/funnel")).body as Record<string, number>;
  const grown = Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)]),
  );
  expect(grown).toEqual({ sessions: 1, viewedProduct: 1, addedToCart: 1, startedCheckout: 1, purchased: 1 });
  const { body } = await ingestion.get("/analytics/abandonment");
  expect(body).toMatchObject({ purchased: 1, abandoned: 0, abandonmentRate: 0 });
});

test("viewing a page with an empty cart creates no cart", async () => {
  const { body: before } = await ingestion.get("/analytics/abandonment");
  await ingestion.post(event({ type: "view_page", cartId: `c-named-${count}` }));
  expect((await ingestion.get("/analytics/abandonment")).body).toEqual(before);
});

test("events survive a restart and are still known", async () => {
  const one = event();
  await ingestion.post(one);
  await ingestion.stop();
  ingestion = await startIngestion(directory.path);
  expect(await ingestion.post(one)).toMatchObject({ body: { accepted: 0, duplicates: 1 } });
  expect(await rowsOf(one.id)).toBe(1);
});

test("a purchase that the shop reports counts after what came before from a browser whose clock is ahead", async () => {
  const occurredAt = new Date(Date.now() + 180_000).toISOString();
  await ingestion.post(cartEvent("add_to_cart", "c-ahead", 1, { occurredAt }));
  await ingestion.post(cartEvent("purchase", "c-ahead", 1));
  expect(await ingestion.get("/carts/c-ahead")).toMatchObject({ body: { status: "purchased" } });
});

test("an idle cart becomes abandoned, and a later purchase recovers it", async () => {
  await ingestion.stop();
  ingestion = await startIngestion(directory.path, { abandonedAfterMs: 50 });
  await ingestion.post(cartEvent("add_to_cart", "c-idle", 1));
  const statusOf = async () => ((await ingestion.get("/carts/c-idle")).body as { status: string }).status;
  await waitUntil(async () => (await statusOf()) === "abandoned", { what: "the cart to be abandoned" });
  await ingestion.post(cartEvent("purchase", "c-idle", 1));
  expect(await statusOf()).toBe("recovered");
});
