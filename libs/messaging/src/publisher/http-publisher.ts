import { CartwayError, type ErrorCode, isErrorCode } from "@libs/errors";
import { type Publisher, type PublisherReceipt, prepareFrame } from "./publisher.ts";

export interface HttpPublisherOptions {
  /** The gateway's URL, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Headers that authenticate the publisher: `authorization` or `x-api-key`. Called for each request, so that tokens can change. */
  readonly credentials: () => Readonly<Record<string, string>>;
  /** Bound on the whole call; 5 s by default. */
  readonly timeoutMs?: number;
}

/** Publishes through a gateway's `POST /hub/publish`: for services that share no broker with it. */
export function createHttpPublisher({ url, credentials, timeoutMs = 5000 }: HttpPublisherOptions): Publisher {
  const endpoint = new URL("/hub/publish", url).href;
  return {
    async publish(channel, frame, options = {}) {
      const { id } = prepareFrame(channel, frame);
      const response = await send(endpoint, {
        method: "POST",
        headers: { ...credentials(), "content-type": "application/json" },
        body: JSON.stringify({ channel, frame: { ...frame, id }, ...options }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) throw refusal(response.status, body);
      return { id, position: positionOf(body) };
    },
  };
}

async function send(endpoint: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(endpoint, init);
  } catch (cause) {
    const late = cause instanceof Error && cause.name === "TimeoutError";
    throw new CartwayError(late ? "upstream_timeout" : "upstream_unreachable", { cause });
  }
}

/** The gateway's own error where the body has one, otherwise one derived from the status. */
function refusal(status: number, body: unknown): CartwayError {
  const error: unknown = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  if (typeof error === "object" && error !== null && "code" in error && isErrorCode(error.code)) {
    const message = "message" in error && typeof error.message === "string" ? { message: error.message } : {};
    return new CartwayError(error.code, message);
  }
  const code: ErrorCode = status >= 500 ? "upstream_unreachable" : "bad_request";
  return new CartwayError(code, { internal: `POST /hub/publish answered ${status}` });
}

function positionOf(body: unknown): PublisherReceipt["position"] {
  if (typeof body !== "object" || body === null || !("position" in body)) return null;
  const { position } = body;
  if (typeof position !== "object" || position === null) return null;
  if (!("epoch" in position) || !("offset" in position)) return null;
  const { epoch, offset } = position;
  return typeof epoch === "string" && typeof offset === "number" ? { epoch, offset } : null;
}
