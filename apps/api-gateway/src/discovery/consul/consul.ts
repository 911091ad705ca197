import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";
import { secretSchema } from "../../model/config/secret-schema.ts";
import { checkOrigin } from "../check-origin.ts";
import { pollProvider } from "../poll-provider.ts";
import type { DiscoveryDefinition } from "../discovery.ts";
import { LastGoodTargets, targetsMinSchema } from "../last-good-targets.ts";
import { type ConsulSecrets, HealthQuery } from "./health-query.ts";
import { targetsOf } from "./health-entries.ts";

const name = { minLength: 1, maxLength: 256 } as const;

const schema = Type.Object(
  {
    url: Type.String({
      pattern: "^https?://[^/?#@\\s]+$",
      default: "http://127.0.0.1:8500",
      description: "The HTTP API of the nearest Consul agent.",
    }),
    service: Type.String({ ...name, description: "The service as Consul knows it." }),
    tag: Type.Optional(Type.String({ ...name, description: "Only instances with this tag." })),
    datacenter: Type.Optional(Type.String({ ...name, description: "That of the agent where absent." })),
    namespace: Type.Optional(Type.String({ ...name, description: "Of Consul Enterprise." })),
    partition: Type.Optional(Type.String({ ...name, description: "Of Consul Enterprise." })),
    token: Type.Optional(secretSchema("The ACL token.")),
    ca: Type.Optional(
      secretSchema("The authorities that sign the agent's certificate, PEM; the system's where absent."),
    ),
    including: Type.Union([Type.Literal("passing"), Type.Literal("warning")], {
      default: "passing",
      description:
        "Instances whose checks all pass, or those with warnings too, by the weight they have for that.",
    }),
    protocol: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      default: "http",
      description: "What the instances speak.",
    }),
    serverName: Type.Optional(
      Type.String({ ...name, description: "Name that an instance's certificate must be for, with https." }),
    ),
    waitMs: milliseconds("How long a query waits for a change.", {
      default: 300_000,
      minimum: 1000,
      maximum: 600_000,
    }),
    intervalMsMin: milliseconds("Between two queries at least, however often the service changes.", {
      default: 500,
      minimum: 10,
    }),
    timeoutMs: milliseconds("For an answer, beyond what a query waits for a change.", {
      default: 10_000,
      maximum: 60_000,
    }),
    staleMsMax: milliseconds(
      "Any server may answer whose data is at most this old; 0 always asks the leader.",
      { default: 10_000, minimum: 0 },
    ),
    targetsMin: targetsMinSchema,
  },
  {
    additionalProperties: false,
    description: "The healthy instances of a Consul service, by blocking queries.",
  },
);

export type ConsulConfig = Static<typeof schema>;

export const consulDiscovery: DiscoveryDefinition<typeof schema> = {
  type: "consul",
  schema,
  check: ({ url }) => checkOrigin(url, "/url"),
  start(config, deps) {
    const lastGood = new LastGoodTargets("consul", config.targetsMin, deps);
    const { token, ca } = config;
    // read for each query, since they may be rotated; and once now, so that a missing secret fails the start
    const readSecrets = (): ConsulSecrets => ({
      token: token === undefined ? null : deps.readSecret(token),
      ca: ca === undefined ? null : deps.readSecret(ca),
    });
    readSecrets();
    const query = new HealthQuery(config, readSecrets, deps);
    const end = pollProvider({
      clock: deps.clock,
      random: deps.random,
      failed: (thrown) => lastGood.failed(thrown),
      async ask(signal) {
        const startedAt = deps.clock.now();
        const entries = await query.next(signal);
        if (entries === null) lastGood.confirm();
        else lastGood.accept(targetsOf(entries, config));
        return Math.max(0, config.intervalMsMin - (deps.clock.now() - startedAt));
      },
    });
    return {
      dispose() {
        end();
        lastGood.dispose();
      },
    };
  },
};
