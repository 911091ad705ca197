import { mkdirSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkModelFile, type ModelFile, writeModelFile } from "./model-file.ts";

/** A training that came to its end, whichever model it found better. */
export interface TrainingRecord {
  /** ISO 8601 */
  readonly at: string;
  readonly outcome: "kept" | "replaced";
  readonly challengerAuc: number;
  readonly championAuc: number;
}

const inUse = "current.json";
const lastTraining = "last-training.json";
/** As `version` of a model names its file. */
const versioned = /^\d{4}-\d\d-\d\d-[\da-f]{8}\.json$/;

/** Stores the current model, earlier ones, and the time of the last training, from which a restart continues. */
export class ModelStore {
  readonly #directory: string;
  readonly #modelsMax: number;

  /** @param modelsMax how many that took over are kept, the one in use included; the oldest go first. */
  constructor(directory: string, modelsMax = 5) {
    this.#directory = directory;
    this.#modelsMax = modelsMax;
  }

  /** The current model; `null` before the first one. Rejects if it cannot be used. */
  async current(): Promise<ModelFile | null> {
    const value = await this.#read(inUse);
    return value === null ? null : checkModelFile(value);
  }

  /** `null` if no training is recorded or the record is unreadable: then one is due. */
  async lastTrainedAtMs(): Promise<number | null> {
    const value = await this.#read(lastTraining).catch(() => null);
    const at = typeof value === "object" && value !== null && "at" in value ? String(value.at) : "";
    const ms = Date.parse(at);
    return Number.isNaN(ms) ? null : ms;
  }

  async use(model: ModelFile): Promise<void> {
    const text = writeModelFile(model);
    await this.#write(`${model.version}.json`, text);
    await this.#write(inUse, text);
    await this.#removeOldest();
  }

  async record(training: TrainingRecord): Promise<void> {
    await this.#write(lastTraining, `${JSON.stringify(training)}\n`);
  }

  async #removeOldest(): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => versioned.test(name));
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        return { path, writtenAt: (await stat(path)).mtimeMs };
      }),
    );
    const tooMany = files.toSorted(newestFirst).slice(this.#modelsMax);
    for (const { path } of tooMany) await rm(path, { force: true });
  }

  async #read(name: string): Promise<unknown> {
    const file = Bun.file(join(this.#directory, name));
    return (await file.exists()) ? await file.json() : null;
  }

  /** Written aside and renamed, so that a file of this name is always complete. */
  async #write(name: string, text: string): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const path = join(this.#directory, name);
    await Bun.write(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}

interface WrittenFile {
  readonly path: string;
  readonly writtenAt: number;
}

/** By name if modification times are equal: names begin with the day. */
function newestFirst(first: WrittenFile, second: WrittenFile): number {
  return second.writtenAt - first.writtenAt || (first.path < second.path ? 1 : -1);
}
