import { describe, expect, test } from "bun:test";
import { featureVector, features } from "./features.ts";
import { CsvError, readCsv } from "./read-csv.ts";
import { type ActivityRow, toActivity } from "./session-activity.ts";

const header =
  "Administrative,Administrative_Duration,Informational,Informational_Duration,ProductRelated,ProductRelated_Duration,BounceRates,ExitRates,PageValues,SpecialDay,Month,OperatingSystems,Browser,Region,TrafficType,VisitorType,Weekend,Revenue";
const line = "2,64.6,1,10,30,1200.5,0.01,0.03,12.5,0.4,Nov,2,3,1,4,Returning_Visitor,TRUE,FALSE";

const row: ActivityRow = {
  session_id: "s",
  administrative_pages: 2,
  administrative_ms: 64_600,
  informational_pages: 1,
  informational_ms: 10_000,
  product_pages: 30,
  product_ms: 1_200_500,
  bounce_rate: 0.01,
  exit_rate: 0.03,
  page_value: 12.5,
  special_day: 0.4,
  month: "Nov",
  operating_system: 2,
  browser: 3,
  region: 1,
  traffic_type: 4,
  visitor_type: "returning",
  weekend: 1,
  additions: 0,
  removals: 0,
  checkouts: 0,
  purchases: 0,
  last_ms: Date.parse("2026-05-04T12:00:00Z"),
};

test("a visit's events give the same features as its row of the data set", () => {
  const [session] = readCsv("file", `${header}\n${line}\n`);
  expect(session?.purchased).toBe(false);
  const fromFile = session === undefined ? [] : featureVector(session.facts);
  expect(featureVector(toActivity(row).facts)).toEqual(Float64Array.from(fromFile));
});

test("every feature of an empty visit is a number", () => {
  const [session] = readCsv("file", `${header}\n0,0,0,0,0,0,0,0,0,0,Feb,1,1,1,1,Other,FALSE,FALSE`);
  const vector = session === undefined ? [] : featureVector(session.facts);
  expect([...vector].every(Number.isFinite)).toBe(true);
  expect(new Set(features.map((feature) => feature.name)).size).toBe(features.length);
});

describe("features that a storefront does not send are estimated and listed", () => {
  const bare = { ...row, bounce_rate: null, exit_rate: null, page_value: null };
  const valueOf = (fields: Partial<ActivityRow>) => toActivity({ ...bare, ...fields }).facts.pageValue;
  test("page value grows with the cart and the checkout, and falls to zero with an empty cart", () => {
    expect(toActivity(bare).estimated).toEqual(["bounceRate", "exitRate", "pageValue"]);
    expect(valueOf({})).toBe(0);
    expect(valueOf({ additions: 1 })).toBeGreaterThan(0);
    expect(valueOf({ additions: 2 })).toBeGreaterThan(valueOf({ additions: 1 }));
    expect(valueOf({ additions: 1, checkouts: 1 })).toBeGreaterThan(valueOf({ additions: 2 }));
    expect(valueOf({ additions: 1, removals: 1 })).toBe(0);
  });
  test("rates fall with the number of pages", () => {
    const one = toActivity({
      ...bare,
      administrative_pages: 0,
      informational_pages: 0,
      product_pages: 1,
    }).facts;
    expect(one.bounceRate).toBe(0.2);
    expect(toActivity(bare).facts.exitRate).toBeLessThan(one.exitRate);
  });
});

describe("a file in another format is refused with line, column and expectation", () => {
  const cases: [string, string, string][] = [
    ["a missing column", "Administrative,Month\n1,Nov", "f.csv:1: missing columns Administrative_Duration"],
    ["no rows", header, "f.csv: holds no rows"],
    [
      "a word for a number",
      `${header}\n${line}\n${line.replace("1200.5", "long")}`,
      'f.csv:3: ProductRelated_Duration: expected a number, found "long"',
    ],
    ["no month", `${header}\n${line.replace("Nov", "Nix")}`, "f.csv:2: Month"],
    ["a strange visitor", `${header}\n${line.replace("Returning_Visitor", "Cat")}`, "f.csv:2: VisitorType"],
    ["no truth", `${header}\n${line.replace("TRUE", "maybe")}`, "f.csv:2: Weekend"],
  ];
  for (const [name, text, message] of cases) {
    test(name, () => {
      expect(() => readCsv("f.csv", text)).toThrow(message);
      expect(() => readCsv("f.csv", text)).toThrow(CsvError);
    });
  }
});
