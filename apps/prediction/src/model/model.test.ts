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

test("the shipped model distinguishes buyers from others, with reasons", () => {
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

test("each subject has one reason, a sentence with its direction", () => {
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

test("a visit with a purchase is not abandoned", () => {
  expect(predictLive(predictor, { ...activity, purchased: true }, 1000)).toMatchObject({
    probability: 0,
    reasons: [{ feature: "Has bought" }],
  });
});

test("inactivity makes an abandoned visit more likely, and is given as a reason", () => {
  const now = predictLive(predictor, activity, 1000).probability;
  const later = predictLive(predictor, activity, 3_601_000);
  expect(later.probability).toBeGreaterThan(now);
  expect(later.reasons.some((reason) => reason.feature === "Nothing has happened for a while")).toBe(true);
});

test("a saved and loaded model predicts the same to the fourth digit", () => {
  const again = new Predictor(checkModelFile(JSON.parse(writeModelFile(predictor.file))));
  expect(again.probability(featureVector(facts))).toBeCloseTo(predictor.probability(featureVector(facts)), 4);
});

test("an invalid model, with other features or a cyclic tree, is refused", () => {
  expect(() => checkModelFile({})).toThrow("not a model");
  expect(() => checkModelFile({ ...shipped, features: ["other"] })).toThrow("trained on other features");
  const circle = { feature: [0, -1], threshold: [1, 0], left: [0, 0], right: [1, 0], value: [0, 0] };
  expect(() => checkModelFile({ ...shipped, ensemble: { ...shipped.ensemble, boosted: [circle] } })).toThrow(
    "malformed",
  );
});
