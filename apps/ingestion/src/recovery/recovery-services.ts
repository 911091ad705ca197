import { CartwayError } from "@libs/errors";
import { noopTracer, type TraceContext, tracedFetch, type Tracer } from "@libs/monitoring";
import type { ClaimedRecovery } from "./recovery-store.ts";
import { readServerSentEvents } from "./read-server-sent-events.ts";

export interface Prediction {
  /** Probability that the cart ends without a purchase. */
  readonly probability: number;
  readonly reasons: readonly { readonly feature: string; readonly effect: number }[];
}

export interface RecoveryMessage {
  readonly subject: string;
  readonly body: string;
  readonly offer: unknown;
  readonly provider: string;
}

/** Context of a call. */
export interface RecoveryCall {
  readonly signal: AbortSignal;
  /** The span of the recovery; `null` where tracing is off. */
  readonly parent: TraceContext | null;
}

/** The two services that the recovery of a cart calls. */
export interface RecoveryServices {
  predict(cartId: string, call: RecoveryCall): Promise<Prediction>;
  /** @param onText is called with the body as it is written. */
  compose(
    cart: ClaimedRecovery,
    onText: (text: string) => Promise<void>,
    call: RecoveryCall,
  ): Promise<RecoveryMessage>;
}

export interface RecoveryServicesOptions {
  readonly predictionUrl: string;
  readonly aiEngineUrl: string;
  readonly percentOffMax: number;
  /** Tracing is off where absent. */
  readonly tracer?: Tracer;
}

interface ServicePost {
  readonly body: object;
  readonly accept: string;
  readonly call: RecoveryCall;
}

export function createRecoveryServices(options: RecoveryServicesOptions): RecoveryServices {
  const { tracer = noopTracer } = options;

  async function post(url: string, { body, accept, call }: ServicePost): Promise<Response> {
    const headers = { "content-type": "application/json", accept };
    const request = { method: "POST", headers, body: JSON.stringify(body), signal: call.signal };
    const response = await tracedFetch(tracer, call.parent, url, request);
    if (response.ok) return response;
    const text = await response.text();
    throw new CartwayError("upstream_invalid", {
      internal: `${url} answered ${response.status}: ${text.slice(0, 300)}`,
    });
  }

  return {
    async predict(cartId, call) {
      const response = await post(`${options.predictionUrl}/predict`, {
        body: { cartId },
        accept: "application/json",
        call,
      });
      const answer: unknown = await response.json();
      if (!isPrediction(answer))
        throw new CartwayError("upstream_invalid", { internal: "prediction answered without a probability" });
      return answer;
    },
    async compose(cart, onText, call) {
      const url = `${options.aiEngineUrl}/recovery-message`;
      const response = await post(url, {
        body: toRequest(cart, options.percentOffMax),
        accept: "text/event-stream",
        call,
      });
      if (response.body === null)
        throw new CartwayError("upstream_invalid", { internal: "ai-engine answered nothing" });
      for await (const { event, data } of readServerSentEvents(response.body)) {
        const value: unknown = JSON.parse(data);
        if (event === "delta" && hasText(value)) await onText(value.text);
        else if (event === "done" && isMessage(value)) return value;
        else if (event === "error") throw new CartwayError("provider_unavailable", { internal: data });
      }
      throw new CartwayError("upstream_reset", { internal: "ai-engine ended before the message was whole" });
    },
  };
}

function toRequest(cart: ClaimedRecovery, percentOffMax: number): object {
  const items = cart.items.map(({ sku, name, quantity, priceMinor }) => ({
    sku,
    name: name === undefined || name === "" ? sku : name,
    quantity,
    priceMinor,
  }));
  return {
    cart: { cartId: cart.cartId, currency: cart.currency, items, valueMinor: cart.valueMinor },
    ...(cart.shopperId === null ? {} : { shopper: { id: cart.shopperId } }),
    channel: "chat",
    tone: "friendly",
    incentive: { maxPercentOff: percentOffMax },
  };
}

function isPrediction(value: unknown): value is Prediction {
  return (
    typeof value === "object" &&
    value !== null &&
    "probability" in value &&
    typeof value.probability === "number" &&
    "reasons" in value
  );
}

function hasText(value: unknown): value is { readonly text: string } {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}

function isMessage(value: unknown): value is RecoveryMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "subject" in value &&
    "body" in value &&
    "provider" in value
  );
}
