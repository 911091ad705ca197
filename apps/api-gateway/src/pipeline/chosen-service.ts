import type { Exchange } from "../model/exchange/exchange.ts";
import type { Service, Services } from "../model/upstream/service.ts";

/** A route's service where policies may choose another: delegates to the one that the exchange names. */
export function chosenService(own: Service, services: Pick<Services, "get">): Service {
  const chosenBy = (exchange: Exchange | null): Service => {
    const id = exchange?.serviceId ?? own.id;
    return id === own.id ? own : (services.get(id) ?? own);
  };
  return {
    id: own.id,
    timeouts: own.timeouts,
    totalMs: own.totalMs,
    send: (request) => chosenBy(request.exchange).send(request),
    firstTargets: (exchange) => chosenBy(exchange).firstTargets(exchange),
    acquire: (exchange, tried) => chosenBy(exchange).acquire(exchange, tried),
    candidates: () => own.candidates(),
    describe: () => own.describe(),
  };
}
