/** A frame as it comes from the hub. Fields depend on its type. */
export interface HubFrame {
  readonly type: string;
  readonly payload?: unknown;
  readonly id?: string;
  readonly timestamp?: number | string;
  /** Of a frame that a room carried. */
  readonly room?: string;
  /** Its place in the room, from 1 without gaps within one epoch. */
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

/** Why a message was not taken. `retryable` says whether the same message can succeed later. */
export class CartwayClientError extends Error {
  override readonly name = "CartwayClientError";
  /** A code of the hub, or of the client itself: `dropped`, `timeout`, `closed`, `too_large`. */
  readonly code: string;
  readonly retryable: boolean;
  readonly details: unknown;

  constructor({ code, message, retryable, details }: Omit<HubError, "retryAfterMs">) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}

/** `null` for what is no frame: a hub of another kind, or a proxy's page. */
export function readFrame(data: unknown): HubFrame | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as HubFrame) : null;
  } catch {
    return null;
  }
}

/** The hub's close codes: 3500 to 3999 and the protocol's own faults are final, all others are worth coming back after. */
export function isFinal(code: number): boolean {
  return (code >= 3500 && code < 4000) || [1002, 1003, 1007, 1009, 1010].includes(code);
}

/** Time-ordered and unguessable: UUIDv7 (RFC 9562). */
export function createId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, "0");
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const random = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[(bytes[0] ?? 0) >> 6];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`;
}
