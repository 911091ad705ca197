/** A value now, or later. The pipeline awaits only what really is a promise, so a synchronous hook costs no tick. */
export type MaybePromise<T> = T | Promise<T>;
