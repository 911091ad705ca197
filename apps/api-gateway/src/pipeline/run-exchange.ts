import { type CartwayError, renderError, toCartwayError } from "@libs/errors";
import type { Exchange, ExchangeResponse } from "../model/exchange.ts";
import { HeaderList } from "../model/header-list.ts";
import type { UpstreamResponse } from "../model/upstream.ts";
import type { CompiledRoute } from "./compiled-route.ts";

/** What sends an exchange upstream, given by the HTTP edge, which knows bodies. */
export type SendUpstream = (route: CompiledRoute, exchange: Exchange) => Promise<UpstreamResponse>;

/**
 * One exchange through its route: the request hooks in the order of their phases until one answers, then upstream, then the
 * response hooks in reverse. Whatever is thrown on the way ends the exchange with that error, rendered, and still passes
 * the response hooks: an error page carries CORS and security headers too. Never rejects.
 */
export async function runExchange(
  route: CompiledRoute,
  exchange: Exchange,
  send: SendUpstream,
): Promise<RunResult> {
  let error: CartwayError | null = null;
  try {
    exchange.response =
      (await answerOfPolicies(route, exchange)) ?? toExchangeResponse(await send(route, exchange));
  } catch (thrown) {
    error = toCartwayError(thrown);
    exchange.response = fromResponse(renderError(error, exchange.requestId));
  }
  try {
    for (const hook of route.responseHooks) {
      const pending = hook(exchange);
      if (pending instanceof Promise) await pending;
    }
  } catch (thrown) {
    error = toCartwayError(thrown);
    exchange.response = fromResponse(renderError(error, exchange.requestId));
  }
  return { response: exchange.response, error };
}

export interface RunResult {
  readonly response: ExchangeResponse;
  /** Why the gateway itself ended the exchange, where it did. */
  readonly error: CartwayError | null;
}

/** Only what really is a promise is awaited: a synchronous hook costs no tick. */
async function answerOfPolicies(
  route: CompiledRoute,
  exchange: Exchange,
): Promise<ExchangeResponse | undefined> {
  for (const hook of route.requestHooks) {
    const pending = hook(exchange);
    const answer = pending instanceof Promise ? await pending : pending;
    if (answer !== undefined) return fromResponse(answer);
  }
  return undefined;
}

function toExchangeResponse({ status, headers, body }: UpstreamResponse): ExchangeResponse {
  return { status, headers, body };
}

function fromResponse(response: Response): ExchangeResponse {
  return {
    status: response.status,
    headers: new HeaderList([...response.headers].flat()),
    body: response.body,
  };
}
