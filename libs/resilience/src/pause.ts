/** Resolves after `ms` milliseconds, or once `ended` aborts; never rejects. */
export function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve();
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      ended.removeEventListener("abort", finish);
      resolve();
    }
    ended.addEventListener("abort", finish, { once: true });
  });
}
