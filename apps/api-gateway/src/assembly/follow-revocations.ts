import type { Auth } from "@libs/auth";
import type { Revocation } from "../hub/hub-deps.ts";

/** The longest that a timer can wait. */
const timerMsMax = 2 ** 31 - 1;

/**
 * Calls the listener for each login, API key and user whose access the platform revokes, on whichever instance that was done,
 * within a second. A rotated key counts as revoked once its overlap has ended.
 * @param now milliseconds since the epoch
 * @returns a function that stops it
 */
export function followRevocations(
  feed: Auth["feed"],
  now: () => number,
  listener: (revocation: Revocation) => void,
): () => void {
  let isStopped = false;
  const timers = new Map<string, NodeJS.Timeout>();
  const revokeAt = (id: string, at: number): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    if (isStopped) return;
    const waitMs = at - now();
    if (waitMs <= 0) return listener({ kind: "login", id });
    const timer = setTimeout(() => revokeAt(id, at), Math.min(waitMs, timerMsMax));
    timer.unref();
    timers.set(id, timer);
  };
  feed.on("session", ({ subject }) => {
    if (!isStopped) listener({ kind: "login", id: subject });
  });
  feed.on("user", ({ subject }) => {
    if (!isStopped) listener({ kind: "user", id: subject });
  });
  feed.on("api-key", ({ subject, value }) => revokeAt(subject, value));
  return () => {
    isStopped = true;
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
