import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "@libs/errors";

/** What an agent must keep across restarts: its identity, and results that the fleet has not accepted yet. */
export interface AgentState {
  readonly deviceId: string;
  readonly secret: string;
  readonly results: readonly UnsentResult[];
}

export interface UnsentResult {
  readonly commandId: string;
  readonly claimToken: string;
  readonly outcome: "succeeded" | "failed" | "refused";
  readonly message: string;
  readonly output: unknown;
}

/** One file, readable only by its owner and replaced as a whole: a restart at any moment finds the old or the new one. */
export class AgentStateFile {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** `null` where the agent has never registered. */
  async read(): Promise<AgentState | null> {
    const text = await readFile(this.#path, "utf8").catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    });
    return text === null ? null : toState(JSON.parse(text));
  }

  /** Resolves when it is on disk. */
  write(state: AgentState): Promise<void> {
    const writing = this.#writing.then(() => this.#replace(JSON.stringify(state, null, 2)));
    this.#writing = writing.catch(() => undefined);
    return writing;
  }

  async #replace(text: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const next = `${this.#path}.new`;
    const file = await open(next, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path);
  }
}

function toState(value: unknown): AgentState {
  if (typeof value === "object" && value !== null && "deviceId" in value && "secret" in value) {
    const { deviceId, secret } = value;
    const results = "results" in value && Array.isArray(value.results) ? value.results : [];
    if (typeof deviceId === "string" && typeof secret === "string") return { deviceId, secret, results };
  }
  throw new Error("the agent's state file contains no device: remove it and register again");
}
