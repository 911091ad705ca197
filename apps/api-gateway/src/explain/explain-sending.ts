import { declaredLength } from "@libs/elysia-server";
import { toCartwayError } from "@libs/errors";
import { asksForWebSocket, checkHandshake } from "../http/web-socket-upgrade.ts";
import type { Exchange } from "../model/exchange/exchange.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { Ending } from "./explanation.ts";

/** The refusal of a request that every policy lets pass, by its route's own settings; `null` where it is sent. */
export function explainSending(
  { service, websocket }: CompiledRoute,
  { request, bodyBytesMax }: Exchange,
): Ending | null {
  if (service === null) return null;
  if (websocket !== null && asksForWebSocket(request))
    return refusedBy("websocket", () => checkHandshake(request.headers, websocket.settings.origins));
  const length = declaredLength(request.headers) ?? 0;
  if (length <= bodyBytesMax) return null;
  return {
    kind: "refused",
    by: "bodyBytesMax",
    status: 413,
    message: `The route takes ${bodyBytesMax} bytes.`,
  };
}

function refusedBy(by: string, check: () => void): Ending | null {
  try {
    check();
    return null;
  } catch (thrown) {
    const { status, message } = toCartwayError(thrown);
    return { kind: "refused", by, status, message };
  }
}
