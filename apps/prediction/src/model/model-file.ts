import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { features } from "../features/features.ts";

const Numbers = Type.Array(Type.Number());

const TreeSchema = Type.Object({
  feature: Type.Array(Type.Integer()),
  threshold: Numbers,
  left: Type.Array(Type.Integer()),
  right: Type.Array(Type.Integer()),
  value: Numbers,
});

/** A model as stored on disk: everything needed to score with it, to trace its origin, and to judge it. */
export const ModelFileSchema = Type.Object({
  format: Type.Literal("cartway-model/1"),
  /** Date and fingerprint: names the model in answers and metrics. */
  version: Type.String(),
  trainedAt: Type.String(),
  target: Type.Literal("the session ends without a purchase"),
  data: Type.Object({
    source: Type.String(),
    rows: Type.Integer(),
    /** SHA-256 of the examples. */
    fingerprint: Type.String(),
    licence: Type.Optional(Type.String()),
  }),
  features: Type.Array(Type.String()),
  settings: Type.Unknown(),
  /** On rows the model was not trained on: cross-validation over the same settings. */
  metrics: Type.Object({
    rocAuc: Type.Number(),
    logLoss: Type.Number(),
    brier: Type.Number(),
    calibrationError: Type.Number(),
  }),
  ensemble: Type.Object({
    base: Type.Number(),
    boosted: Type.Array(TreeSchema),
    forest: Type.Array(TreeSchema),
  }),
});

export type ModelFile = Static<typeof ModelFileSchema>;

/** @throws Error naming the place where the value is not a model, or the features that this code does not know. */
export function checkModelFile(value: unknown): ModelFile {
  const problem = Value.Errors(ModelFileSchema, value).First();
  if (problem !== undefined)
    throw new Error(`not a model: ${problem.path === "" ? "/" : problem.path}: ${problem.message}`);
  const model = value as ModelFile;
  const expected = features.map((feature) => feature.name).join();
  if (model.features.join() !== expected) {
    throw new Error(`the model ${model.version} was trained on other features than these: train a new one`);
  }
  for (const tree of [...model.ensemble.boosted, ...model.ensemble.forest]) checkTree(tree);
  return model;
}

/** Children come after their parent, so that scoring always ends. */
function checkTree({
  feature,
  threshold,
  left,
  right,
  value,
}: ModelFile["ensemble"]["boosted"][number]): void {
  const { length } = feature;
  const isWhole = [threshold, left, right, value].every((column) => column.length === length);
  const isTree = feature.every((index, node) => {
    if (index < 0) return true;
    const children = [left[node] ?? 0, right[node] ?? 0];
    return index < features.length && children.every((child) => child > node && child < length);
  });
  if (!isWhole || !isTree) throw new Error("not a model: a tree is malformed");
}

/** Six significant digits: scores stay the same to the sixth, the file is half as large. */
export function writeModelFile(model: ModelFile): string {
  return `${JSON.stringify(model, (_key, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(6)) : value))}\n`;
}
