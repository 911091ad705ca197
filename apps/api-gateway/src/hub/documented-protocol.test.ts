import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { errorCodes, isErrorCode } from "@libs/errors";
import { afterClose, closeCodes, hubTypeNames } from "@libs/messaging";
import { createMetrics } from "@libs/monitoring";
import { parse } from "yaml";
import { checkConfig } from "../config/check-config.ts";
import { createHubMetrics } from "./hub-metrics.ts";

const docs = join(import.meta.dir, "../../../../docs");
const page = await Bun.file(join(docs, "hub-protocol.md")).text();

/** Cells of each row of a table whose first cell matches. */
function rows(first: RegExp): readonly (readonly string[])[] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1))
    .filter(([cell = ""]) => first.test(cell));
}

describe("the page of the wire protocol", () => {
  test("documents every close code and whether to reconnect after it", () => {
    const told = rows(/^\d{4}/).flatMap(([codes = "", , then = ""]) =>
      codes.split(", ").map((code) => [Number(code), then.startsWith("reconnect") ? "reconnect" : "stop"]),
    );
    const told3000 = told.filter(([code]) => Object.values(closeCodes).some((row) => row.code === code));
    expect(told3000.length).toBe(Object.keys(closeCodes).length);
    for (const [code, then] of told) expect([code, then]).toEqual([code ?? 0, afterClose(Number(code))]);
  });

  test("documents every built-in frame type", () => {
    for (const type of hubTypeNames) expect([type, page.includes(type)]).toEqual([type, true]);
  });

  test("documents for each error code whether it can be retried", () => {
    for (const [cell = "", codes = ""] of rows(/^`(?:true|false)`$/)) {
      const names = [...codes.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name).filter(isErrorCode);
      expect(names.length).toBeGreaterThan(5);
      for (const name of names) expect([name, `\`${errorCodes[name].retryable}\``]).toEqual([name, cell]);
    }
  });
});

test("the hub's page documents every metric", async () => {
  const metrics = createMetrics({ service: "test", processMetrics: false });
  createHubMetrics(metrics);
  const names = [...(await metrics.render()).matchAll(/^# HELP cartway_hub_(\w+)/gm)].map(
    ([, name = ""]) => name,
  );
  const watched = await Bun.file(join(docs, "hub.md")).text();
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect([name, watched.includes(`\`${name}`)]).toEqual([name, true]);
});

test("the config on the hub's page is valid", async () => {
  const [, shown = ""] = /```yaml\n([^]*?)```/.exec(await Bun.file(join(docs, "hub.md")).text()) ?? [];
  expect(checkConfig(parse(shown))).toMatchObject({ ok: true });
});
