import type { EnvironmentOf } from "@libs/elysia-server";
import type { IngestionConfig } from "./create-ingestion.ts";
import type { ingestionEnvironment } from "./environment.ts";

/** What is done about idle carts. */
export function cartSettings(
  env: Pick<
    EnvironmentOf<typeof ingestionEnvironment>,
    | "CART_ABANDONED_AFTER_MS"
    | "RECOVERY_ENABLED"
    | "RECOVERY_IDLE_MS"
    | "RECOVERY_IDLE_MAX_MS"
    | "RECOVERY_MESSAGES_PER_HOUR_MAX"
    | "RECOVERY_MESSAGES_PER_SHOPPER_MAX"
    | "RECOVERY_PROBABILITY_MIN"
  >,
): Pick<IngestionConfig, "abandonedAfterMs" | "recovery"> {
  return {
    abandonedAfterMs: env.CART_ABANDONED_AFTER_MS,
    recovery: env.RECOVERY_ENABLED
      ? {
          idleMs: env.RECOVERY_IDLE_MS,
          idleMsMax: env.RECOVERY_IDLE_MAX_MS,
          probabilityMin: env.RECOVERY_PROBABILITY_MIN,
          budget: {
            perHourMax: env.RECOVERY_MESSAGES_PER_HOUR_MAX,
            perShopperMax: env.RECOVERY_MESSAGES_PER_SHOPPER_MAX,
          },
        }
      : null,
  };
}
