import type { createAiEngine } from "@apps/ai-engine";
import type { GatewayConfig, GatewaySettings } from "@apps/api-gateway";
import type { FleetConfig } from "@apps/fleet";
import type { IngestionConfig } from "@apps/ingestion";
import type { DrainOptions, OpenTracerOptions } from "@libs/elysia-server";
import type { Logger, Tracer } from "@libs/monitoring";
import type { Stores } from "./open-stores.ts";

export interface PlatformSettings extends Pick<IngestionConfig, "abandonedAfterMs" | "recovery"> {
  readonly hostname: string;
  readonly version: string;
  readonly commit: string | null;
  readonly builtAt: string | null;
  /** Bound on the lines of each app's `/metrics`. */
  readonly metricsLinesMax: number;
  /** How the platform shuts down. `noticeMs` applies only to the gateway, which has load balancers in front: the services stop after it. */
  readonly drain: Partial<DrainOptions>;
  readonly ports: Readonly<Record<"gateway" | "ingestion" | "prediction" | "aiEngine" | "fleet", number>>;
  /** Of the embedded stores. */
  readonly directory: string;
  readonly models: { readonly directory: string; readonly trainEveryMs: number };
  readonly gateway: GatewayConfig;
  /** Of the gateway; `null` for none. */
  readonly admin: GatewaySettings["admin"] | null;
  /** Time limits of language models; the ai-engine's defaults where absent. */
  readonly providerTimes?: NonNullable<Parameters<typeof createAiEngine>[0]["chain"]>;
  /** Largest discount that a message may offer. */
  readonly percentOffMax: number;
  /** Of the platform's own tokens. */
  readonly issuer: string;
  readonly signingSecret: string | null;
  /** How long a used refresh token is exchanged again; 0 for never. */
  readonly refreshGraceMs: number;
  readonly firstAdmin: { readonly email: string; readonly password: string | null };
  /** Overrides of the fleet's defaults. */
  readonly fleet?: FleetConfig["limits"];
  /** Environment variables that the gateway's config may refer to for its secrets. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

export interface PlatformDeps {
  readonly stores: Stores;
  /** Reloads the gateway's config. */
  readonly loadGateway: () => Promise<GatewayConfig>;
  readonly providers: Parameters<typeof createAiEngine>[1]["providers"];
  readonly logger: Logger;
  /** One per app, so that traces distinguish them. Tracing is off where absent. */
  readonly openTracer?: (options: OpenTracerOptions) => Tracer;
  readonly onFirstAdmin: (admin: { readonly email: string; readonly password: string }) => void;
}
