const signals = ["SIGTERM", "SIGINT"] as const;

type StopSignal = (typeof signals)[number];

/**
 * Terminals and service managers signal every process of a group, and `bun run` passes on what it gets: a second signal this soon is the
 * first one again.
 */
const sameSignalMs = 500;

/** Calls `stop` for the first SIGTERM or SIGINT. A later one ends the process at once, with 128 plus its number. */
export function onStopSignal(stop: (signal: StopSignal) => void): void {
  let firstAt: number | null = null;
  for (const signal of signals) {
    process.on(signal, () => {
      const now = performance.now();
      if (firstAt === null) {
        firstAt = now;
        stop(signal);
      } else if (now - firstAt >= sameSignalMs) process.exit(signal === "SIGINT" ? 130 : 143);
    });
  }
}
