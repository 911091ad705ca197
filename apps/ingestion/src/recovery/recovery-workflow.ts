import type { Sql } from "@libs/database";
import type { Publisher } from "@libs/messaging";
import { noopTracer, runWithLogContext, type Telemetry, type Tracer } from "@libs/monitoring";
import { toCartwayError } from "@libs/errors";
import type { RecoveryCall, RecoveryServices } from "./recovery-services.ts";
import { type MessageBudget, reserveMessage } from "./message-budget.ts";
import {
  type ClaimedRecovery,
  claimRecoveries,
  finishRecovery,
  isStillIdle,
  type RecoveryOutcome,
} from "./recovery-store.ts";

export interface RecoverySettings {
  /** Idle time after which a cart is considered. */
  readonly idleMs: number;
  /** Idle time after which a cart is left alone: it was idle before recoveries were turned on, or while nothing ran. */
  readonly idleMsMax: number;
  readonly probabilityMin: number;
  readonly budget: MessageBudget;
  /** How long one recovery may take before another instance may claim it. */
  readonly claimMs: number;
  readonly attemptsMax: number;
  /** Maximum concurrent recoveries. */
  readonly concurrencyMax: number;
}

export const recoveryDefaults = {
  idleMsMax: 86_400_000,
  budget: { perHourMax: 1000, perShopperMax: 3 },
  claimMs: 60_000,
  attemptsMax: 5,
  concurrencyMax: 4,
} as const;

export interface RecoveryParts extends Telemetry {
  readonly sql: Sql;
  readonly services: RecoveryServices;
  readonly publisher: Pick<Publisher, "publish">;
  /** Whether the log has an event that the claimed cart does not contain yet: carts may be behind the log. */
  readonly hasReturned: (cart: ClaimedRecovery) => Promise<boolean>;
  readonly now: () => number;
}

interface CartFrame {
  readonly payload: object;
  /** `null` publishes to present members only; the room's default otherwise. */
  readonly history?: null;
}

/** The cart is no longer idle: its shopper gets nothing more. */
class ShopperReturned extends Error {}

/**
 * The recovery of carts: idle → prediction → message → the shopper's room, once per idle period. A step that fails
 * leaves the claim to expire, after which the recovery is tried again, here or by another instance; a message that the shopper has
 * already received is not sent again.
 */
export class RecoveryWorkflow {
  readonly #settings: RecoverySettings;
  readonly #parts: RecoveryParts;
  readonly #ended = new AbortController();
  readonly #tracer: Tracer;
  readonly #outcomes;

  constructor(settings: RecoverySettings, parts: RecoveryParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#tracer = parts.tracer ?? noopTracer;
    this.#outcomes = parts.metrics.counter({
      name: "cartway_recoveries_total",
      help: "Idle carts that were considered for recovery, by outcome.",
      labels: ["outcome"],
    });
  }

  /** One round: claims idle carts and completes the recovery of each. @returns how many were claimed. */
  async run(): Promise<number> {
    const { idleMs, idleMsMax, claimMs, attemptsMax, concurrencyMax } = this.#settings;
    const now = this.#parts.now();
    const claimed = await claimRecoveries(this.#parts.sql, {
      idleBefore: new Date(now - idleMs),
      idleAfter: new Date(now - idleMsMax),
      claimedUntil: new Date(now + claimMs),
      now: new Date(now),
      limit: concurrencyMax,
      attemptsMax,
    });
    await Promise.all(claimed.map((recovery) => this.#trace(recovery)));
    return claimed.length;
  }

  /** Aborts recoveries in progress; their claims expire by themselves. */
  stop(): void {
    this.#ended.abort();
  }

  /** A recovery is a separate trace, because it starts from an idle cart and not from a request. Its log lines carry its id and the trace's. */
  async #trace(recovery: ClaimedRecovery): Promise<void> {
    const span = this.#tracer.startSpan("recover cart", { parent: null });
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(this.#settings.claimMs)]);
    const context = { requestId: `recovery-${recovery.id}`, traceId: span.context?.traceId ?? null };
    const error = await runWithLogContext(context, () =>
      this.#recover(recovery, { signal, parent: span.context }),
    );
    if (error !== null) span.fail(toCartwayError(error).code, error);
    span.end();
  }

  /** @returns the error, `null` where it completed. */
  async #recover(recovery: ClaimedRecovery, call: RecoveryCall): Promise<Error | null> {
    try {
      await this.#finish(recovery, await this.#attempt(recovery, call));
      return null;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const fields = { cartId: recovery.cartId, attempt: recovery.attempts, err: thrown };
      if (recovery.attempts < this.#settings.attemptsMax) {
        this.#outcomes.with({ outcome: "retried" }).inc();
        this.#parts.logger.warn(fields, "a recovery failed and will be retried");
        return error;
      }
      this.#parts.logger.error(fields, "a recovery was given up");
      await this.#finish(recovery, { status: "failed" }).catch((closing: unknown) =>
        this.#parts.logger.error(
          { cartId: recovery.cartId, err: closing },
          "a recovery's completion could not be recorded",
        ),
      );
      return error;
    }
  }

  async #attempt(recovery: ClaimedRecovery, call: RecoveryCall): Promise<RecoveryOutcome> {
    const { services } = this.#parts;
    const { probability, reasons } = await services.predict(recovery.cartId, call);
    if (probability < this.#settings.probabilityMin) return { status: "declined", probability };
    try {
      await this.#publish(recovery, "cart_at_risk", { payload: { probability, reasons } });
      if (!(await this.#reserve(recovery))) return { status: "over_budget", probability };
      // A client that rejoins later gets the whole message; the pieces are only for those who watch it being written.
      const onText = (text: string): Promise<void> =>
        this.#publish(recovery, "recovery_message_delta", { payload: { text }, history: null });
      const { subject, body, offer, provider } = await services.compose(recovery, onText, call);
      const message = { subject, body, offer, provider };
      await this.#publish(recovery, "recovery_message", { payload: message });
      return { status: "sent", probability, message };
    } catch (thrown) {
      if (thrown instanceof ShopperReturned) return { status: "declined", probability };
      throw thrown;
    }
  }

  #reserve(recovery: ClaimedRecovery): Promise<boolean> {
    const { sql, now } = this.#parts;
    return reserveMessage(sql, recovery, { budget: this.#settings.budget, now: new Date(now()) });
  }

  /** @throws ShopperReturned instead: a model may take a minute to write, in which the cart may have been bought. */
  async #publish(cart: ClaimedRecovery, type: string, { payload, history }: CartFrame): Promise<void> {
    const { sql, hasReturned } = this.#parts;
    if (!(await isStillIdle(sql, cart.id)) || (await hasReturned(cart))) throw new ShopperReturned();
    const { cartId, sessionId } = cart;
    // a repeated recovery publishes it under the same id, so that it is not delivered twice
    const id = history === null ? {} : { id: `recovery-${cart.id}-${type}` };
    const frame = { ...id, type, sessionId, payload: { cartId, ...payload } };
    await this.#parts.publisher.publish(
      `room:cart:${sessionId}`,
      frame,
      history === undefined ? {} : { history },
    );
  }

  async #finish(recovery: ClaimedRecovery, outcome: RecoveryOutcome): Promise<void> {
    await finishRecovery(this.#parts.sql, recovery.id, outcome);
    this.#outcomes.with({ outcome: outcome.status }).inc();
  }
}
