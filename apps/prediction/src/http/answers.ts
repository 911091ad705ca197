import { describedAnswers } from "@libs/elysia-server";
import { Type } from "@sinclair/typebox";
import { ModelFileSchema } from "../model/model-file.ts";

const prediction = Type.Object(
  {
    probability: Type.Number({
      minimum: 0,
      maximum: 1,
      description: "That the visit ends without a purchase.",
    }),
    model: Type.String({ description: "The version of the model that says so." }),
    reasons: Type.Array(
      Type.Object({
        feature: Type.String(),
        effect: Type.Number({ description: "How much it raises or lowers the log-odds." }),
      }),
    ),
  },
  { title: "Prediction" },
);

const model = Type.Composite(
  [Type.Omit(ModelFileSchema, ["ensemble"]), Type.Object({ trees: Type.Integer({ minimum: 1 }) })],
  { title: "Model" },
);

const models = Type.Object({ models: Type.Array(model) }, { title: "Models" });

const trainingOutcome = Type.Union(
  [
    Type.Object({ outcome: Type.Literal("skipped"), reason: Type.String() }),
    Type.Object({
      outcome: Type.Union([Type.Literal("kept"), Type.Literal("replaced")]),
      model: Type.String({ description: "The model in use now." }),
      challengerAuc: Type.Number(),
      championAuc: Type.Number(),
    }),
  ],
  { title: "TrainingOutcome" },
);

const version = "2026-11-21-1f3a9c";
const exampleModel = {
  format: "cartway-model/1",
  version,
  trainedAt: "2026-11-21T10:00:00.000Z",
  target: "the session ends without a purchase",
  data: { source: "events", rows: 12_330, fingerprint: "9b1d" },
  features: ["page_value", "exit_rate"],
  settings: {},
  metrics: { rocAuc: 0.93, logLoss: 0.22, brier: 0.07, calibrationError: 0.01 },
  trees: 120,
};

export const predictionAnswers = describedAnswers(
  {
    description: "How likely the visit ends without a purchase, and what says so",
    schema: prediction,
    example: { probability: 0.81, model: version, reasons: [{ feature: "exit_rate", effect: 0.9 }] },
  },
  400,
  404,
  413,
  422,
  503,
);
export const modelAnswers = describedAnswers({
  description: "The model in use",
  schema: model,
  example: exampleModel,
});
export const modelsAnswers = describedAnswers({
  description: "The one in use first",
  schema: models,
  example: { models: [exampleModel] },
});
export const trainingAnswers = describedAnswers(
  {
    description: "Whether another model is in use now",
    schema: trainingOutcome,
    example: { outcome: "kept", model: version, challengerAuc: 0.92, championAuc: 0.93 },
  },
  503,
);
