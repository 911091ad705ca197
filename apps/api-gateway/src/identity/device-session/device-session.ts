import { Type } from "@sinclair/typebox";
import { answersMax, createRemoteIdentity } from "../remote-identity.ts";
import { defineIdentity } from "../identity.ts";
import { MissingStore } from "../missing-store.ts";

/** Devices, by the opaque tokens of the fleet service. */
export const deviceSession = defineIdentity({
  schema: Type.Object(
    {
      service: Type.String({
        description: "The service that knows the devices, by its name in this config.",
        default: "fleet",
        minLength: 1,
        maxLength: 64,
      }),
      cacheMs: Type.Integer({
        description:
          "How long an answer of the fleet service is cached, and so how late a revocation may be noticed.",
        default: 1000,
        minimum: 0,
        maximum: 60_000,
      }),
      staleIfErrorMs: Type.Integer({
        description:
          "While the fleet service is unavailable, cached devices are still accepted for this time; others get 503.",
        default: 60_000,
        minimum: 0,
        maximum: 3_600_000,
      }),
      timeoutMs: Type.Integer({
        description: "Longest wait for an answer.",
        default: 2000,
        minimum: 50,
        maximum: 60_000,
      }),
      cacheMax: answersMax,
    },
    { additionalProperties: false, description: "Tokens of devices, which the fleet service issues." },
  ),
  services: ({ service }) => [{ path: "/service", name: service, decides: false }],
  create(name, config, deps) {
    const { devices } = deps;
    if (devices === null) throw new MissingStore("it needs the fleet service, which is not configured");
    return createRemoteIdentity({
      name,
      now: deps.now,
      cacheMs: config.cacheMs,
      refusedMs: 1000,
      staleIfErrorMs: config.staleIfErrorMs,
      cacheMax: config.cacheMax,
      questionsMax: 256,
      onAnswer: (from) => deps.onAnswer(name, from),
      onFailure: (error) => deps.onFailure(name, error),
      async ask(token) {
        const signal = AbortSignal.timeout(config.timeoutMs);
        const session = await devices.find(token, { service: config.service, signal });
        if (session === null) return { refused: "inactive" };
        if (session.barred !== null) return { barred: session.barred };
        return {
          identity: name,
          method: "device-session",
          subject: session.deviceId,
          roles: ["device"],
          scopes: session.scopes,
          tenantId: session.tenantId,
          sessionId: session.id,
          plan: null,
          weight: 1,
          expiresAt: session.expiresAt,
          claims: { device: session.deviceId, session: session.id },
        };
      },
    });
  },
});
