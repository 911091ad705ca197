import { Type } from "@sinclair/typebox";
import type { UpstreamTarget } from "../model/upstream/upstream.ts";
import { checkOrigin } from "./check-origin.ts";
import type { DiscoveryDefinition } from "./discovery.ts";

const strict = { additionalProperties: false } as const;

const schema = Type.Object(
  {
    targets: Type.Array(
      Type.Object(
        {
          url: Type.String({
            pattern: "^(https?://[^/?#@\\s]+|unix:/[^?#\\s]+)$",
            examples: ["http://10.0.0.1:8080", "unix:/run/shop.sock"],
            description:
              "Scheme, host and port (80 and 443 where absent), or `unix:/path` of a socket; no path: a route puts one before its own by `path.addPrefix`.",
          }),
          weight: Type.Integer({
            minimum: 0,
            maximum: 1000,
            default: 1,
            description: "Share of the traffic; 0 takes none.",
          }),
          zone: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 64,
              description: "Its zone, for the `locality` balancer.",
            }),
          ),
        },
        { ...strict, description: "One address of a service." },
      ),
      { minItems: 1, maxItems: 1000, description: "Where the service can be reached." },
    ),
  },
  { ...strict, description: "The addresses stand in this file." },
);

export const staticDiscovery: DiscoveryDefinition<typeof schema> = {
  type: "static",
  schema,
  check({ targets }) {
    return targets.flatMap(({ url }, index) =>
      url.startsWith("unix:") ? [] : checkOrigin(url, `/targets/${index}/url`),
    );
  },
  start({ targets }, { onTargets }) {
    onTargets(
      targets.map(({ url, weight, zone }) => ({
        upstream: targetOf(url),
        weight,
        priority: 0,
        zone: zone ?? null,
      })),
    );
    return { dispose: () => undefined };
  },
};

/** The target of an address such as `http://127.0.0.1:3001` or `unix:/run/app.sock`. */
function targetOf(url: string): UpstreamTarget {
  if (url.startsWith("unix:")) {
    const unixPath = url.slice("unix:".length);
    return { id: unixPath, protocol: "http", host: "localhost", port: 80, unixPath };
  }
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  const number = port === "" ? (isTls ? 443 : 80) : Number(port);
  return {
    id: `${hostname}:${number}`,
    protocol: isTls ? "https" : "http",
    host: hostname.replace(/^\[|\]$/g, ""),
    port: number,
  };
}
