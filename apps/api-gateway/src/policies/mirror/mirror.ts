import { type Static, Type } from "@sinclair/typebox";
import { bodyLengthOf } from "../../model/http/body-length.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Policy, PolicyDefinition, PolicyRoute } from "../../model/exchange/policy.ts";
import type { Service } from "../../model/upstream/service.ts";
import type { PolicyDeps } from "../policy-deps.ts";
import { readWholeBody } from "../whole-body.ts";
import { sendCopy } from "./send-copy.ts";

const schema = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the service that gets the copies." }),
    percent: Type.Number({
      minimum: 0.001,
      maximum: 100,
      default: 100,
      description: "Share of the requests, drawn at random.",
    }),
    bodyBytesMax: Type.Integer({
      minimum: 0,
      maximum: 16_777_216,
      default: 65_536,
      description:
        "Requests with a longer body, or of unknown length, are not copied. The bodies of copied requests are read whole before they are sent on.",
    }),
    inFlightMax: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: "Copies in flight; beyond it none are made.",
    }),
    timeoutMs: Type.Integer({
      minimum: 100,
      maximum: 300_000,
      default: 15_000,
      description: "Timeout of a copy, its answer included. Milliseconds.",
    }),
  },
  {
    additionalProperties: false,
    description: "Sends copies of requests to another service and discards its responses.",
  },
);

/** Sends copies of requests to another service, without waiting for them: the outcome of a copy never affects the request. */
export const mirrorPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "mirror",
  phase: "queue",
  schema,
  services: ({ service }) => [{ path: "/service", name: service }],
  create: (config: Static<typeof schema>, deps) => (route) => createMirror(config, deps, route),
};

function createMirror(
  config: Static<typeof schema>,
  { metrics, services, logger }: PolicyDeps,
  route: PolicyRoute,
): Policy {
  const service = services.get(config.service);
  if (service === undefined) throw new Error(`there is no service ${config.service}`);
  const copies = metrics.counter({
    name: "cartway_mirrored_requests_total",
    help: "Mirrored requests by outcome: answered, failed, dropped, too-large.",
    labels: ["route", "service", "outcome"],
  });
  const count = (outcome: Outcome): undefined => {
    copies.with({ route: route.id, service: config.service, outcome }).inc();
    return undefined;
  };
  let inFlight = 0;
  const isFull = (): boolean => inFlight >= config.inFlightMax;

  async function copy(exchange: Exchange, to: Service, body: Uint8Array | null): Promise<void> {
    inFlight += 1;
    const isAnswered = await sendCopy(exchange, to, { body, timeoutMs: config.timeoutMs, logger });
    inFlight -= 1;
    count(isAnswered ? "answered" : "failed");
  }

  async function copyWhole(exchange: Exchange, to: Service): Promise<undefined> {
    const body = await readWholeBody(exchange, config.bodyBytesMax);
    // other copies may have begun while the body came
    if (isFull()) return count("dropped");
    void copy(exchange, to, body);
    return undefined;
  }

  return {
    request(exchange) {
      if (Math.random() * 100 >= config.percent || exchange.request.headers.has("upgrade")) return undefined;
      if (isFull()) return count("dropped");
      const length = copyableLength(exchange);
      if (length === null || length > config.bodyBytesMax) return count("too-large");
      if (length > 0) return copyWhole(exchange, service);
      void copy(exchange, service, null);
      return undefined;
    },
    explain: (exchange) => {
      const length = copyableLength(exchange);
      const isShort = length !== null && length <= config.bodyBytesMax;
      return { verdict: isShort ? "pass" : "skip", inputs: { service: config.service, length } };
    },
  };
}

type Outcome = "answered" | "failed" | "dropped" | "too-large";

/** Length of the body in bytes; `null` if it is unknown, or the body is encoded. */
function copyableLength({ request, upstreamBody }: Exchange): number | null {
  if (upstreamBody instanceof Uint8Array) return upstreamBody.byteLength;
  if (upstreamBody === null) return 0;
  const coding = request.headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity") return null;
  return bodyLengthOf(request);
}
