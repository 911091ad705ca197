/** Which workers answer a request of the admin port: any one, all of them, or the one of a number. */
export type WorkersAsked =
  | { readonly kind: "any" }
  | { readonly kind: "all" }
  | { readonly kind: "one"; readonly number: number };

/** The answer to a `worker` that is none. */
export const workerExpected = "worker is a worker's number, or all";

/** What each worker holds for itself, or does to itself: one answer would be a part that looks like the whole. */
const ofEach: ReadonlySet<string> = new Set([
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

/** @returns the url without `worker`, which the verbs do not know; `null` for one that cannot be. */
export function readWorkersAsked(url: URL): { readonly asked: WorkersAsked; readonly url: string } | null {
  const named = url.searchParams.getAll("worker");
  const rest = new URL(url);
  rest.searchParams.delete("worker");
  if (named.length === 0)
    return { asked: { kind: ofEach.has(url.pathname) ? "all" : "any" }, url: rest.href };
  const [name = ""] = named;
  if (named.length > 1) return null;
  if (name === "all") return { asked: { kind: "all" }, url: rest.href };
  return /^[1-9]\d{0,3}$/.test(name)
    ? { asked: { kind: "one", number: Number(name) }, url: rest.href }
    : null;
}
