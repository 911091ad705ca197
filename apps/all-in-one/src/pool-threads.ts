import process from "node:process";

/**
 * Threads that carry the work which is waited for elsewhere: each question to the embedded ClickHouse holds one until it is answered,
 * and each write of a file needs one, such as the journal's before an event is acknowledged. Bun's own number is that of the
 * processors, so that on two of them two slow questions held every acknowledgement up for as long as they took. Many more let so
 * many questions run at once that they take the processors from what acknowledges: with 16 the median of `hub:load --rate 15000`
 * was twice that with 4.
 */
const threads = "4";
const name = "UV_THREADPOOL_SIZE";

/** Goes on as the same process with so many threads, where the environment names no number: Bun takes it from there at its start. */
export function ensurePoolThreads(): void {
  if (process.env[name] !== undefined || process.execve === undefined || process.platform === "win32") return;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, command, { ...process.env, [name]: threads });
}
