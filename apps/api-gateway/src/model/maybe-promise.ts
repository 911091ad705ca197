/** A value, or a promise of one. The pipeline awaits only real promises, so a synchronous hook costs no microtask. */
export type MaybePromise<T> = T | Promise<T>;
