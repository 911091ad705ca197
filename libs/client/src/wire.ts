/** A frame from the hub. Its fields depend on the type. */
export interface HubFrame {
  readonly type: string;
  readonly payload?: unknown;
  readonly id?: string;
  readonly timestamp?: number | string;
  /** The room that it was published to. */
  readonly room?: string;
  /** Its position in the room, from 1 without gaps within an epoch. */
  readonly offset?: number;
  readonly error?: HubError;
}

export interface HubError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: unknown;
}

/** Why a message was not accepted. `retryable` says whether the same message can succeed later. */
export class CartwayClientError extends Error {
  override readonly name = "CartwayClientError";
  /** A code of the hub, or one of the client's own: `dropped`, `timeout`, `closed`, `too_large`. */
  declare readonly code: string;
  declare readonly retryable: boolean;
  declare readonly details: unknown;

  constructor({ code, message, retryable, details }: Omit<HubError, "retryAfterMs">) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}

/** `null` for anything that is not a frame, such as the page of a proxy. */
export function readFrame(data: unknown): HubFrame | null {
  if (typeof data !== "string") return null;
  try {
    const value = JSON.parse(data) as Partial<HubFrame> | null;
    return value?.type === undefined ? null : (value as HubFrame);
  } catch {
    return null;
  }
}

/** Whether a close code forbids reconnecting: 3500 to 3999, and protocol errors. */
export function isFinal(code: number): boolean {
  return (code >= 3500 && code < 4000) || [1002, 1003, 1007, 1009, 1010].includes(code);
}

/** UUIDv7 (RFC 9562): ordered by time, and unguessable. */
export function createId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, "0");
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const random = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-8${random.slice(5, 8)}-${random.slice(8)}`;
}
