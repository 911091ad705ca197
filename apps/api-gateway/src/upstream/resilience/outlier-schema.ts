import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";

const strict = { additionalProperties: false } as const;

function inARow(description: string) {
  return Type.Integer({
    minimum: 0,
    maximum: 10_000,
    default: 5,
    description: `${description} 0 for never.`,
  });
}

/** Envoy's defaults, except that the last target is never ejected. */
export const outliersSchema = Type.Object(
  {
    errorsInARow: inARow("Consecutive 5xx answers or failures that eject a target."),
    gatewayFailuresInARow: inARow(
      "Consecutive failures to answer, or answers of 502, 503 and 504, that eject a target.",
    ),
    successRate: Type.Object(
      {
        deviationsMax: Type.Number({
          minimum: 0,
          maximum: 10,
          default: 1.9,
          description:
            "Ejects a target whose success rate is this many standard deviations below the mean; 0 for never.",
        }),
        requestsMin: Type.Integer({
          minimum: 1,
          maximum: 1_000_000,
          default: 100,
          description: "Requests in an interval before a target's rate counts.",
        }),
        targetsMin: Type.Integer({
          minimum: 2,
          maximum: 1000,
          default: 5,
          description: "Targets with a rate before they are compared.",
        }),
      },
      { ...strict, default: {}, description: "Compares each target with the others, once an interval." },
    ),
    intervalMs: milliseconds("Between two comparisons.", { default: 10_000, minimum: 100 }),
    ejectionMs: milliseconds(
      "Duration of the first ejection; the second lasts twice as long, the third three times.",
      {
        default: 30_000,
      },
    ),
    ejectionMsMax: milliseconds("The longest ejection.", { default: 300_000 }),
    ejectedShareMax: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description:
        "Share of the targets that may be ejected at once; one always may, where there are several, and the last one never is.",
    }),
  },
  {
    ...strict,
    description:
      "Outlier detection: ejects targets whose answers to real requests are worse than they should be.",
  },
);

export type OutlierSettings = Static<typeof outliersSchema>;
