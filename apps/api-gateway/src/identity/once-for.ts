import type { PresentedCredentials } from "./presented-credentials.ts";

/** Makes something of a caller's credentials once, however often it is asked for while their request lasts. */
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
