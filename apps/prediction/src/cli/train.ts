import { writeModelFile } from "../model/model-file.ts";
import { trainModel } from "../training/train-model.ts";
import { type Options, readSessions } from "./options.ts";

/** Trains on a file and writes the model. */
export async function train(options: Options): Promise<void> {
  const sessions = await readSessions(options, "data");
  const source = (options["data"] ?? "").split("/").at(-1) ?? "";
  const licence = options["licence"];
  const model = trainModel({
    sessions,
    source,
    trainedAt: new Date(),
    ...(licence === undefined ? {} : { licence }),
  });
  const out = options["out"] ?? "model.json";
  await Bun.write(out, writeModelFile(model));
  const { rocAuc, logLoss } = model.metrics;
  console.log(
    `${out}: model ${model.version}, ROC AUC ${rocAuc.toFixed(4)} and log loss ${logLoss.toFixed(4)} in cross-validation`,
  );
}
