/** Preloaded into a gateway process: its wall clock then jumps by up to a year in either direction at every call. */
const yearMs = 31_536_000_000;
const steady = Date.now;
Date.now = () => Math.trunc(steady() + (Math.random() - 0.5) * 2 * yearMs);
