import { type UpstreamTarget, UpstreamFailure } from "../../model/upstream.ts";

/** So long an answer stands for: a connection can be made, or is still open. */
const freshMs = 10_000;
/** Far above the targets of a gateway; beyond it the oldest is tried again. */
const targetsMax = 10_000;

/**
 * For a client that does not tell when it is connected: a target that has not answered lately is first connected to, TLS and all, by a
 * connection of its own. So a target that cannot be reached is told from a slow one, and nothing was sent to it.
 */
export class RecentlyReached {
  readonly #answeredAt = new Map<string, number>();
  readonly #trying = new Map<string, Promise<void>>();

  /** Resolves once the target can be connected to; one try for all who wait. Rejects with `connect-timeout` or `connect`. */
  async ensure(target: UpstreamTarget, connectMs: number): Promise<void> {
    const key = keyOf(target);
    if (performance.now() - (this.#answeredAt.get(key) ?? Number.NEGATIVE_INFINITY) < freshMs) return;
    const trying = this.#trying.get(key) ?? tryToConnect(target, connectMs);
    this.#trying.set(key, trying);
    try {
      await trying;
    } finally {
      this.#trying.delete(key);
    }
  }

  answered(target: UpstreamTarget): void {
    const key = keyOf(target);
    this.#answeredAt.delete(key);
    this.#answeredAt.set(key, performance.now());
    const [oldest] = this.#answeredAt.keys();
    if (this.#answeredAt.size > targetsMax && oldest !== undefined) this.#answeredAt.delete(oldest);
  }
}

/** Two services may know the same place by other names. */
function keyOf({ protocol, host, port, unixPath = "", serverName = "" }: UpstreamTarget): string {
  return `${protocol}://${host}:${port} ${unixPath} ${serverName}`;
}

/** Whether a certificate is trusted is for the request to find out, which says so better. */
async function tryToConnect(target: UpstreamTarget, connectMs: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const failed = (cause: unknown): void =>
    reached.reject(new UpstreamFailure("connect", "none", `${target.id} takes no connection`, cause));
  const isTls = target.protocol === "https";
  const { unixPath, tls, serverName, host, port } = target;
  const options = {
    socket: {
      open: () => void (isTls || reached.resolve()),
      handshake: () => reached.resolve(),
      data: () => undefined,
      close: () => failed(undefined),
      connectError: (_socket: unknown, error: Error) => failed(error),
      error: (_socket: unknown, error: Error) => failed(error),
    },
    ...(isTls ? { tls: { ...tls, serverName: serverName ?? host, rejectUnauthorized: false } } : {}),
  };
  const connecting =
    unixPath === undefined
      ? Bun.connect({ ...options, hostname: host, port })
      : Bun.connect({ ...options, unix: unixPath });
  connecting.catch(failed);
  const timer = setTimeout(() => {
    reached.reject(
      new UpstreamFailure("connect-timeout", "none", `${target.id} was not connected to in time`),
    );
  }, connectMs);
  try {
    await reached.promise;
  } finally {
    clearTimeout(timer);
    // One that comes too late is closed as well.
    connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}
