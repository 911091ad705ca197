import type { OutboxEntry, OutboxStore } from "../outbox/outbox-store.ts";
import type { Database, DatabaseRequest, Databases, ObjectStore, Transaction } from "./page.ts";

/**
 * A queue in the browser's database: it survives reloads, crashes and closed tabs, and is shared by the shop's tabs.
 *
 * @param databases evaluated on first use: accessing the property throws where storage is forbidden
 */
export function createIndexedDbStore(databases: () => Databases, name: string): OutboxStore {
  let opening: Promise<Database> | null = null;

  const forget = (): void => void (opening = null);

  /** Opens again after a failure, and after the browser has closed the database. */
  function open(): Promise<Database> {
    opening ??= new Promise((resolve, reject) => {
      const request = databases().open(name, 1);
      request.addEventListener("upgradeneeded", () => {
        request.result.createObjectStore("outbox", { keyPath: "id" });
      });
      request.addEventListener("success", () => {
        request.result.addEventListener("close", forget);
        resolve(request.result);
      });
      request.addEventListener("error", () => reject(request.error));
    });
    opening.catch(forget);
    return opening;
  }

  async function run<T>(
    mode: "readonly" | "readwrite",
    work: (store: ObjectStore) => DatabaseRequest<T>,
  ): Promise<T> {
    const transaction = begin(await open(), mode);
    const request = work(transaction.objectStore("outbox"));
    return new Promise((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () => reject(transaction.error));
    });
  }

  /** Some browsers close a database without saying so: then only this fails. */
  function begin(database: Database, mode: "readonly" | "readwrite"): Transaction {
    try {
      return database.transaction("outbox", mode);
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    async load() {
      // only this store writes entries
      const entries = (await run("readonly", (store) => store.getAll())) as OutboxEntry[];
      return entries.toSorted((a, b) => a.queuedAt - b.queuedAt);
    },
    async put(entry) {
      await run("readwrite", (store) => store.put(entry));
    },
    async remove(id) {
      await run("readwrite", (store) => store.delete(id));
    },
  };
}
