/** Which workers answer a request of the admin port: any one, all of them, or the one of a number. */
export type WorkerSelection =
  | { readonly kind: "any" }
  | { readonly kind: "all" }
  | { readonly kind: "one"; readonly number: number };

/** What the answer to an invalid `worker` parameter says. */
export const workerExpected = "worker is a worker's number, or all";

/** Paths whose state is per worker: the answer of a single one would look like the whole. */
const perWorkerPaths: ReadonlySet<string> = new Set([
  "/caches",
  "/canaries",
  "/canaries/reset",
  "/caches/purge",
  "/config/reload",
  "/decisions",
  "/hub",
  "/hub/rates",
  "/services",
  "/watch",
]);

/** @returns the selection and the URL without its `worker` parameter, which the verbs do not know; `null` for an invalid one. */
export function readWorkerSelection(
  url: URL,
): { readonly selection: WorkerSelection; readonly url: string } | null {
  const named = url.searchParams.getAll("worker");
  const rest = new URL(url);
  rest.searchParams.delete("worker");
  if (named.length === 0)
    return { selection: { kind: perWorkerPaths.has(url.pathname) ? "all" : "any" }, url: rest.href };
  const [name = ""] = named;
  if (named.length > 1) return null;
  if (name === "all") return { selection: { kind: "all" }, url: rest.href };
  return /^[1-9]\d{0,3}$/.test(name)
    ? { selection: { kind: "one", number: Number(name) }, url: rest.href }
    : null;
}
