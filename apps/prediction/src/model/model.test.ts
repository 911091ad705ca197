import { expect, test } from "bun:test";
import shipped from "../../models/online-shoppers.json" with { type: "json" };
import { featureVector } from "../features/features.ts";
import { reasonThemes } from "../features/reason-themes.ts";
import type { SessionActivity } from "../features/session-activity.ts";
import { predictLive } from "./live-prediction.ts";
import { checkModelFile, writeModelFile } from "./model-file.ts";
import { Predictor } from "./predictor.ts";

const predictor = new Predictor(checkModelFile(shipped));
const none = { pages: 0, seconds: 0 };
const facts: SessionActivity["facts"] = {
  administrative: { pages: 3, seconds: 80 },
  informational: none,
  product: { pages: 20, seconds: 700 },
  bounceRate: 0.002,
  exitRate: 0.02,
  pageValue: 24,
  specialDay: 0,
  month: 11,
  operatingSystem: 2,
  browser: 2,
  region: 1,
  trafficType: 2,
  visitorType: "returning",
  weekend: false,
};
const activity: SessionActivity = {
  sessionId: "s",
  facts,
  estimated: [],
  purchased: false,
  lastEventAtMs: 1000,
};

test("the shipped model tells buyers from leavers, with reasons", () => {
  const buyer = predictor.predict(featureVector(facts));
  const leaver = predictor.predict(
    featureVector({
      ...facts,
      administrative: none,
      product: { pages: 1, seconds: 0 },
      pageValue: 0,
      exitRate: 0.2,
      bounceRate: 0.2,
    }),
  );
  expect(buyer.probability).toBeLessThan(0.4);
  expect(leaver.probability).toBeGreaterThan(0.95);
  expect(buyer.reasons.length).toBe(5);
  expect(buyer.reasons[0]?.effect).toBeLessThan(0);
  expect(leaver.model).toBe(shipped.version);
});

test("a reason is one sentence for all that looks at the same thing, and says which way it points", () => {
  const { reasons } = predictor.predict(featureVector(facts));
  const said: string[] = reasons.map(({ feature }) => feature);
  expect(said).toContain("Has been on pages that often lead to purchases");
  expect(new Set(said).size).toBe(said.length);
  for (const { feature, effect } of reasons) {
    const theme = Object.values(reasonThemes).find(
      ({ leaves, buys }) => leaves === feature || buys === feature,
    );
    expect(feature).toBe((effect > 0 ? theme?.leaves : theme?.buys) ?? "no theme");
  }
});

test("a visit that has bought is not abandoned", () => {
  expect(predictLive(predictor, { ...activity, purchased: true }, 1000)).toMatchObject({
    probability: 0,
    reasons: [{ feature: "Has bought" }],
  });
});

test("time without an action makes a visit likelier to be over, and is named as a reason", () => {
  const now = predictLive(predictor, activity, 1000).probability;
  const later = predictLive(predictor, activity, 3_601_000);
  expect(later.probability).toBeGreaterThan(now);
  expect(later.reasons.some((reason) => reason.feature === "Nothing has happened for a while")).toBe(true);
});

test("a model written and read again predicts the same to the fourth digit", () => {
  const again = new Predictor(checkModelFile(JSON.parse(writeModelFile(predictor.file))));
  expect(again.probability(featureVector(facts))).toBeCloseTo(predictor.probability(featureVector(facts)), 4);
});

test("what is no model, has other features, or has a tree that never ends is refused", () => {
  expect(() => checkModelFile({})).toThrow("not a model");
  expect(() => checkModelFile({ ...shipped, features: ["other"] })).toThrow("trained on other features");
  const circle = { feature: [0, -1], threshold: [1, 0], left: [0, 0], right: [1, 0], value: [0, 0] };
  expect(() => checkModelFile({ ...shipped, ensemble: { ...shipped.ensemble, boosted: [circle] } })).toThrow(
    "malformed",
  );
});
