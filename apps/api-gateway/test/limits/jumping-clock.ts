/** Preloaded into a gateway process: from now on its wall clock jumps back and forth by up to a year, anew at every look. */
const yearMs = 31_536_000_000;
const steady = Date.now;
Date.now = () => Math.trunc(steady() + (Math.random() - 0.5) * 2 * yearMs);
