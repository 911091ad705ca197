import { CartwayError } from "@libs/errors";
import { createMemoryLogger } from "@libs/monitoring";
import { expect, test } from "bun:test";
import { createAnswerError } from "./answer-error.ts";

test("of repeated equal errors the first are logged and all are answered; other errors are still logged", () => {
  const { logger, lines } = createMemoryLogger();
  const answerError = createAnswerError(logger);
  const crowd = new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
  const answers = Array.from({ length: 500 }, (_, index) => answerError(crowd, `request-${index}`));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  answerError(new Error("a fault of ours"), "request-x");
  const codes = lines.map(({ code }) => code);
  expect(codes.filter((code) => code === "too_many_connections")).toHaveLength(10);
  expect(lines.at(-1)).toMatchObject({ level: "error", code: "internal", requestId: "request-x" });
});
