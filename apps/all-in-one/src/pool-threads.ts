import process from "node:process";

/**
 * Threads for blocking work: each query to the embedded ClickHouse occupies one until it is answered,
 * and each file write needs one, such as the journal's before an event is acknowledged. Bun's default is the number of
 * processors, so with two processors two slow queries blocked every acknowledgement for as long as they took. Many more threads let so
 * many queries run at once that they take the processors from the acknowledging thread: with 16 the median of `hub:load --rate 15000`
 * was twice that with 4.
 */
const threads = "4";
const name = "UV_THREADPOOL_SIZE";

/** Re-executes the process with this many threads, unless the environment already sets a number: Bun reads it only at start. */
export function ensurePoolThreads(): void {
  if (process.env[name] !== undefined || process.execve === undefined || process.platform === "win32") return;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, command, { ...process.env, [name]: threads });
}
