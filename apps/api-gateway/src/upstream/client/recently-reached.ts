import { setNewest } from "../../model/set-newest.ts";
import { type UpstreamTarget, UpstreamFailure } from "../../model/upstream/upstream.ts";
import { serverNameOf } from "./server-name.ts";

/** How long after an answer a target counts as reachable. */
const freshMs = 10_000;
/** Far more targets than a gateway has; beyond it the oldest is probed again. */
const targetsMax = 10_000;

/**
 * For a client that does not report when it has connected: a target that has not answered recently is first probed by a connection of its
 * own, including TLS. That distinguishes an unreachable target, to which nothing was sent, from a slow one.
 */
export class RecentlyReached {
  readonly #answeredAt = new Map<string, number>();
  readonly #trying = new Map<string, Promise<void>>();

  /** Resolves once the target can be connected to; concurrent callers share one probe. Rejects with `connect-timeout` or `connect`. */
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
    setNewest(this.#answeredAt, keyOf(target), performance.now(), targetsMax);
  }
}

/** Two services may use different names for the same place. */
function keyOf({ protocol, host, port, unixPath = "", serverName = "" }: UpstreamTarget): string {
  return `${protocol}://${host}:${port} ${unixPath} ${serverName}`;
}

/** Does not verify the certificate: the request itself does, with a better error. */
async function tryToConnect(target: UpstreamTarget, connectMs: number): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const failed = (cause: unknown): void =>
    reached.reject(new UpstreamFailure("connect", "none", `${target.id} takes no connection`, cause));
  const isTls = target.protocol === "https";
  const { unixPath, tls, host, port } = target;
  const options = {
    socket: {
      open: () => void (isTls || reached.resolve()),
      handshake: () => reached.resolve(),
      data: () => undefined,
      close: () => failed(undefined),
      connectError: (_socket: unknown, error: Error) => failed(error),
      error: (_socket: unknown, error: Error) => failed(error),
    },
    ...(isTls ? { tls: { ...tls, serverName: serverNameOf(target), rejectUnauthorized: false } } : {}),
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
    // a connection established too late is closed as well
    connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}
