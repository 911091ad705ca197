import { Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";
import { pollProvider } from "../poll-provider.ts";
import { checkOrigin } from "../check-origin.ts";
import type { DiscoveryDefinition } from "../discovery.ts";
import { LastGoodTargets, targetsMinSchema } from "../last-good-targets.ts";
import { ApiServer } from "./api-server.ts";
import { ListWatch } from "./list-watch.ts";
import { portsInstead, targetsOf } from "./slice-targets.ts";
import type { EndpointSlice } from "./slices.ts";

const name = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";

const schema = Type.Object(
  {
    url: Type.String({
      pattern: "^https?://[^/?#@\\s]+$",
      default: "https://kubernetes.default.svc",
      description: "The API server.",
    }),
    serviceAccountDirectory: Type.String({
      minLength: 1,
      maxLength: 4096,
      default: "/var/run/secrets/kubernetes.io/serviceaccount",
      description:
        "Directory with `token`, `ca.crt` and `namespace`, read for each request because Kubernetes rotates them. The account must be allowed to list and watch endpointslices.",
    }),
    namespace: Type.Optional(
      Type.String({ pattern: name, description: "Of the service; the gateway's own where absent." }),
    ),
    service: Type.String({
      pattern: name,
      description: "The Kubernetes Service whose endpoints are the targets.",
    }),
    port: Type.Optional(
      Type.Union(
        [Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String({ pattern: "^[a-z0-9-]{1,63}$" })],
        {
          description: "Name or number of the pods' port; the slice's only one where absent.",
        },
      ),
    ),
    protocol: Type.Union([Type.Literal("http"), Type.Literal("https")], {
      default: "http",
      description: "What the pods speak.",
    }),
    serverName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        description: "Name that a pod's certificate must be for, with https.",
      }),
    ),
    watchMs: milliseconds("A watch is restarted after this time, up to twice as long.", {
      default: 300_000,
      minimum: 1000,
    }),
    resyncMs: milliseconds("Everything is listed again this often, in case a watch missed something.", {
      default: 1_800_000,
      minimum: 1000,
      maximum: 86_400_000,
    }),
    timeoutMs: milliseconds("For a list, and for a watch to begin.", { default: 10_000, maximum: 60_000 }),
    targetsMin: targetsMinSchema,
  },
  {
    additionalProperties: false,
    description: "The ready endpoints of a Kubernetes Service, by watching its EndpointSlices.",
  },
);

export const kubernetesDiscovery: DiscoveryDefinition<typeof schema> = {
  type: "kubernetes",
  schema,
  check: ({ url }) => checkOrigin(url, "/url"),
  start(config, deps) {
    const lastGood = new LastGoodTargets("kubernetes", config.targetsMin, deps);
    let offered: readonly string[] = [];
    const notePorts = (slices: readonly EndpointSlice[]): void => {
      const before = offered;
      offered = portsInstead(slices, config.port);
      if (offered.length === 0 || Bun.deepEquals(before, offered)) return;
      const fields = { service: deps.service, port: config.port ?? null, offered };
      deps.logger.warn(fields, "no endpoints have the port, or the only one; name one by `port`");
    };
    const watch = new ListWatch(config, new ApiServer(config), {
      clock: deps.clock,
      random: deps.random,
      changed(slices) {
        notePorts(slices);
        lastGood.accept(targetsOf(slices, config));
      },
      unchanged: () => lastGood.confirm(),
    });
    const end = pollProvider({
      clock: deps.clock,
      random: deps.random,
      failed: (thrown) => lastGood.failed(thrown),
      ask: (signal) => watch.step(signal),
    });
    return {
      dispose() {
        end();
        lastGood.dispose();
      },
    };
  },
};
