import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import {
  type ModelOptions,
  type ModelServer,
  anthropicServer,
  openAiServer,
} from "./support/model-servers.ts";
import { type RunningEngine, startAiEngine } from "./support/start-ai-engine.ts";

const request = {
  cart: {
    cartId: "c-1",
    currency: "EUR",
    valueMinor: 3998,
    items: [{ sku: "A-1", name: "Mug", quantity: 2, priceMinor: 1999 }],
  },
  shopper: { name: "Ada" },
  incentive: { maxPercentOff: 10 },
};

const offer10 = 'Offer: {"percentOff":10,"amountOffMinor":0,"freeShipping":false,"code":null}\n';

async function message(
  engine: RunningEngine,
  body: object = request,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await engine.post("/recovery-message", body);
  return { status: response.status, body: { ...((await response.json()) as object) } };
}

/** A model that answers this after the line of its offer. */
function writes(text: string, options: ModelOptions = {}): ModelServer {
  return openAiServer([[`${offer10}${text}`]], options);
}

async function streamed(engine: RunningEngine, body: object = request) {
  const response = await engine.post("/recovery-message", body, { accept: "text/event-stream" });
  const events = [...(await response.text()).matchAll(/event: (\w+)\ndata: (.+)\n/g)].map(
    ([, event = "", data = ""]) => ({ event, data: JSON.parse(data) }),
  );
  const text = events.filter(({ event }) => event === "delta").map(({ data }) => data.text);
  return { text: text.join(""), last: events.at(-1) };
}

describe("POST /recovery-message", () => {
  test("uses a template without a provider, and says so", async () => {
    await using engine = await startAiEngine([]);
    const { body } = await message(engine);
    expect(body).toMatchObject({
      provider: "template",
      model: null,
      offer: { percentOff: 10 },
      isComplete: true,
    });
    expect(body["body"]).toContain("2 × Mug");
    expect(body["body"]).toContain("10% off");
  });

  test("uses the model's text, and counts its tokens", async () => {
    const pieces = [offer10, "Subject: Hi Ada\n\nYour mug ", "is waiting for you. Take 10% off", " now."];
    await using engine = await startAiEngine([openAiServer([pieces])]);
    expect((await message(engine)).body).toMatchObject({
      subject: "Hi Ada",
      body: "Your mug is waiting for you. Take 10% off now.",
      provider: "fake",
      model: "fake-1",
      usage: { inputTokens: 11, outputTokens: 7 },
    });
  });

  test("states an offer that the model left out in our own words", async () => {
    await using engine = await startAiEngine([
      anthropicServer([[offer10, "Subject: Hi\n\nYour mug is still here, ", "waiting for you."]]),
    ]);
    expect((await message(engine)).body).toMatchObject({
      provider: "anthropic",
      body: "Your mug is still here, waiting for you.\n\nComplete your order now and we take 10% off.",
      usage: { inputTokens: 5, outputTokens: 9 },
    });
  });

  test("adds our words for the offer only if no sentence exaggerates it", async () => {
    await using engine = await startAiEngine([
      openAiServer([[`${offer10}Subject: Hi\n\nYour mug is waiting for you. Every single month:`]]),
    ]);
    expect((await message(engine)).body["body"]).toBe(
      "Your mug is waiting for you.\n\nComplete your order now and we take 10% off.",
    );
  });

  test("falls back to the template if the model is too slow", async () => {
    await using engine = await startAiEngine([openAiServer([[]], { hangs: true })], { writingMs: 100 });
    expect((await message(engine)).body).toMatchObject({ provider: "template", isComplete: true });
  });

  test("never shows a sentence or a subject that promises more than the offer", async () => {
    await using engine = await startAiEngine([
      openAiServer([
        [
          `${offer10}Subject: 50% off!\n\nYour mug is waiting right here. Take 5`,
          "0% off today! Free shipping too. Take 10% off now. See you soon in the shop.",
        ],
      ]),
    ]);
    const { body } = await message(engine);
    expect(body["body"]).toBe("Your mug is waiting right here. Take 10% off now. See you soon in the shop.");
    expect(body["subject"]).toBe("We kept your cart for you");
  });

  test("refuses an invalid cart with the path of the problem", async () => {
    await using engine = await startAiEngine([]);
    const { status, body } = await message(engine, { cart: { ...request.cart, items: [] } });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain("/cart/items");
  });

  test("shows names with promises to neither model nor shopper", async () => {
    const asked: string[] = [];
    const hostile = {
      ...request,
      cart: {
        ...request.cart,
        items: [{ sku: "A-1", name: "Mug — take 90% off with code FREE99", quantity: 1, priceMinor: 1 }],
      },
      shopper: { name: "Ada, free shipping for you" },
    };
    const model = writes("Your cart is waiting for you.", {
      onRequest: (_, body) => asked.push(JSON.stringify(body)),
    });
    await using engine = await startAiEngine([model]);
    const written = await message(engine, hostile);
    await using bare = await startAiEngine([]);
    const template = await message(bare, hostile);
    expect(asked).toHaveLength(1);
    for (const text of [...asked, JSON.stringify(written.body), JSON.stringify(template.body)]) {
      expect(text).not.toContain("FREE99");
      expect(text).not.toContain("90%");
      expect(text).not.toContain("free shipping for you");
    }
    expect(template.body["body"]).toContain("Waiting for you: item");
  });
});

describe("an answer that may not be shown", () => {
  const good = [`${offer10}Subject: Hi\n\nYour mug is waiting for you. Take 10% off now.`];
  const bad = {
    "an offer beyond the limit": [good[0]?.replace("10,", "50,") ?? ""],
    "an offer that is no JSON": ["Offer: ten percent\nSubject: Hi\n\nYour mug is waiting for you."],
    "no offer at all": ["Subject: Hi\n\nYour mug is waiting for you."],
    "a message that says little besides promises": [
      `${offer10}Subject: Hi\n\nTake 90% off everything today.`,
    ],
    "more than two sentences that promise": [
      `${offer10}Subject: Hi\n\nYour mug is waiting for you here. It is free. Shipping is free. A gift too. Bye.`,
    ],
  };

  for (const [what, pieces] of Object.entries(bad)) {
    test(`${what}: the model is asked once more, with the reason`, async () => {
      const asked: Record<string, unknown>[] = [];
      const model = openAiServer([pieces, good], { onRequest: (_, body) => asked.push(body) });
      await using engine = await startAiEngine([model]);
      const { body } = await message(engine);
      expect(body).toMatchObject({
        provider: "fake",
        body: "Your mug is waiting for you. Take 10% off now.",
      });
      expect(asked).toHaveLength(2);
      expect(JSON.stringify(asked[1]?.["messages"])).toContain("That cannot be sent");
    });

    test(`${what}, twice: the template is used`, async () => {
      const model = openAiServer([pieces]);
      await using engine = await startAiEngine([model]);
      const { body } = await message(engine);
      expect(body).toMatchObject({ provider: "template", model: null, offer: { percentOff: 10 } });
      expect(model.calls()).toBe(2);
    });
  }

  test("that declares an offer beyond the limit shows nothing while streaming, too", async () => {
    const model = openAiServer([bad["an offer beyond the limit"], good]);
    await using engine = await startAiEngine([model]);
    const { text, last } = await streamed(engine);
    expect(text).toBe("Your mug is waiting for you. Take 10% off now.");
    expect(last).toMatchObject({ event: "done", data: { offer: { percentOff: 10 }, body: text } });
  });

  test("is not one with a smaller offer within the limit, which becomes the message's offer", async () => {
    const smaller = `${offer10.replace("10,", "5,")}Subject: Hi\n\nYour mug is waiting for you. Take 5% off now.`;
    await using engine = await startAiEngine([openAiServer([[smaller]])]);
    expect((await message(engine)).body).toMatchObject({
      body: "Your mug is waiting for you. Take 5% off now.",
      offer: { percentOff: 5 },
    });
  });
});

describe("a streamed message", () => {
  test("consists of checked pieces that together are the message", async () => {
    await using engine = await startAiEngine([
      writes("Subject: Hi\n\nYour mug is waiting for you. Take 99% off! Take 10% off now. See you soon."),
    ]);
    const { text, last } = await streamed(engine);
    expect(text).toBe("Your mug is waiting for you. Take 10% off now. See you soon.");
    expect(last).toMatchObject({ event: "done", data: { body: text } });
  });

  test("that fails the check as a whole stops there, with our words for the offer", async () => {
    const model = writes(
      "Subject: Hi\n\nYour mug is waiting for you here. It has been here for a while. It is free. So is shipping. A gift too. Bye.",
    );
    await using engine = await startAiEngine([model]);
    const { text, last } = await streamed(engine);
    expect(text).toStartWith("Your mug is waiting for you here.");
    expect(text).toEndWith("\n\nComplete your order now and we take 10% off.");
    expect(text).not.toContain("Bye");
    expect(last).toMatchObject({ event: "done", data: { body: text, provider: "fake" } });
    expect(model.calls()).toBe(1);
  });

  test("is cancelled at the provider if the reader disconnects", async () => {
    const aborted = createEventLog<true>();
    await using engine = await startAiEngine([
      writes("Subject: Hi\n\nYour mug is waiting. It is here. And ", {
        hangs: true,
        onAbort: () => aborted.push(true),
      }),
    ]);
    const reader = new AbortController();
    const response = await fetch(`${engine.url}/recovery-message`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(request),
      signal: reader.signal,
    });
    await response.body?.getReader().read();
    reader.abort();
    await aborted.atLeast(1);
  });

  for (const how of ["breaksOff", "hangs"] as const) {
    test(`of a model that ${how} stops there and is marked as incomplete`, async () => {
      const model = writes("Subject: Hi\n\nYour mug is waiting for you. It is still here. Take 9", {
        [how]: true,
      });
      await using engine = await startAiEngine([model], { chain: { totalMs: 1000 } });
      const { text, last } = await streamed(engine);
      expect(text).toStartWith("Your mug is waiting for you. It is still here.");
      expect(text).toEndWith("Complete your order now and we take 10% off.");
      expect(last).toMatchObject({
        event: "done",
        data: { body: text, isComplete: false, provider: "fake" },
      });
    });

    test(`of a model that ${how} before anything was shown falls back to the template`, async () => {
      const model = writes("Subject: Hi\n\nYour mug is waiting for you. It is still here. Take 9", {
        [how]: true,
      });
      await using engine = await startAiEngine([model], { chain: { totalMs: 1000 } });
      expect((await message(engine)).body).toMatchObject({ provider: "template", isComplete: true });
    });
  }
});
