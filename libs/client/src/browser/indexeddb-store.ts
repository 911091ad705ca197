import type { OutboxEntry, OutboxStore } from "../outbox/outbox-store.ts";
import type { Database, DatabaseRequest, Databases, ObjectStore } from "./page.ts";

/**
 * The queue in the browser's database: it survives a reload, a crash and a closed tab, and is shared by tabs of the shop.
 *
 * @param databases asked for when it is first needed: where a page may keep nothing, the question alone throws
 */
export function createIndexedDbStore(databases: Databases | (() => Databases), name: string): OutboxStore {
  let opening: Promise<Database> | null = null;

  /** Anew after one that failed, and after a browser took the database away from under the page. */
  function open(): Promise<Database> {
    const forget = (): void => void (opening = null);
    opening ??= new Promise((resolve, reject) => {
      const request = (typeof databases === "function" ? databases() : databases).open(name, 1);
      request.addEventListener("upgradeneeded", () => {
        request.result.createObjectStore("outbox", { keyPath: "id" });
      });
      request.addEventListener("success", () => {
        request.result.addEventListener("close", forget);
        resolve(request.result);
      });
      request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB")));
    });
    opening.catch(forget);
    return opening;
  }

  async function run<T>(
    mode: "readonly" | "readwrite",
    work: (store: ObjectStore) => DatabaseRequest<T>,
  ): Promise<T> {
    const transaction = (await open()).transaction("outbox", mode);
    const request = work(transaction.objectStore("outbox"));
    return new Promise((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("IndexedDB")));
    });
  }

  return {
    async load() {
      // nobody else writes to this store
      const entries = (await run("readonly", (store) => store.getAll())) as OutboxEntry[];
      return entries.toSorted((a, b) => a.queuedAt - b.queuedAt || (a.id < b.id ? -1 : 1));
    },
    async put(entry) {
      await run("readwrite", (store) => store.put(entry));
    },
    async remove(id) {
      await run("readwrite", (store) => store.delete(id));
    },
  };
}
