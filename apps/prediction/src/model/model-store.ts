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

/** Models that took over, the one in use, the ones before it, and when one was last trained: what a restart goes on from. */
export class ModelStore {
  readonly #directory: string;
  readonly #modelsMax: number;

  /** @param modelsMax how many that took over are kept, the one in use included; the oldest go first. */
  constructor(directory: string, modelsMax = 5) {
    this.#directory = directory;
    this.#modelsMax = modelsMax;
  }

  /** The model in use; `null` before any took over. Rejects where it cannot be used. */
  async current(): Promise<ModelFile | null> {
    const value = await this.#read(inUse);
    return value === null ? null : checkModelFile(value);
  }

  /** `null` where no training is on record, or what is cannot be read: then it is time for one. */
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

  /** Aside and renamed: a file of that name is always a whole one. */
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

/** By their names where the system tells no two moments apart: they begin with the day. */
function newestFirst(first: WrittenFile, second: WrittenFile): number {
  return second.writtenAt - first.writtenAt || (first.path < second.path ? 1 : -1);
}
