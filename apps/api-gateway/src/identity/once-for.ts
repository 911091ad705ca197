import type { PresentedCredentials } from "./presented-credentials.ts";

/** Computes a value from a caller's credentials once per request. */
export function onceFor<T extends object | string | null>(
  make: (credentials: PresentedCredentials) => T,
): (credentials: PresentedCredentials) => T {
  const made = new WeakMap<PresentedCredentials, T>();
  return (credentials) => {
    const before = made.get(credentials);
    if (before !== undefined) return before;
    const value = make(credentials);
    made.set(credentials, value);
    return value;
  };
}
