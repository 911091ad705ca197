import type { Counter, Histogram } from "@libs/monitoring";
import type { BucketRate } from "@libs/rate-limit";
import type { MessageConfig } from "../config/schema.ts";
import type { HubMetrics } from "../hub-metrics.ts";
import type { Batcher } from "./batcher.ts";
import { compilePayloadSchema, type PayloadCheck } from "./payload-schema.ts";
import type { PendingFrame } from "./pending-frame.ts";

/** A compiled message type of the config: its destination, limits and acknowledgement. */
export interface MessageRoute {
  readonly type: string;
  readonly service: string;
  readonly path: string;
  /** What ids are unique within, besides their owner: an ack of one service says nothing about another that has the same message type. */
  readonly idsOf: string;
  readonly ack: MessageConfig["ack"];
  readonly reply: string | null;
  readonly batcher: Batcher<PendingFrame> | null;
  readonly check: PayloadCheck | null;
  readonly fillId: boolean;
  readonly fillSessionId: boolean;
  readonly userIdField: string | null;
  readonly callerField: string | null;
  readonly rate: BucketRate | null;
  readonly bytesMax: number;
  readonly timeoutMs: number;
  readonly accepted: Counter;
  readonly acked: Counter;
  readonly failed: Counter;
  readonly latency: Histogram;
}

export interface CompileMessageOptions {
  readonly type: string;
  readonly config: MessageConfig;
  readonly metrics: HubMetrics;
  readonly createBatcher: (
    route: MessageRoute,
    batch: NonNullable<MessageConfig["batch"]>,
  ) => Batcher<PendingFrame>;
}

export function compileMessage({
  type,
  config,
  metrics,
  createBatcher,
}: CompileMessageOptions): MessageRoute {
  const fill = config.fill ?? (config.reply === undefined ? ["id", "sessionId"] : []);
  const route: MessageRoute = {
    type,
    service: config.service,
    path: config.path,
    idsOf: `${config.service} ${config.path} ${type}`,
    ack: config.ack,
    reply: config.reply ?? null,
    batcher: null,
    check: config.schema === undefined ? null : compiledCheck(config.schema),
    fillId: fill.includes("id"),
    fillSessionId: fill.includes("sessionId"),
    userIdField: config.userIdField ?? null,
    callerField: config.callerField ?? null,
    rate: config.rate ?? null,
    bytesMax: config.bytesMax ?? Number.POSITIVE_INFINITY,
    timeoutMs: config.timeoutMs,
    accepted: metrics.framesReceived.with({ type, outcome: "accepted" }),
    acked: metrics.framesSent.with({ type: "ack" }),
    failed: metrics.framesReceived.with({ type, outcome: "failed" }),
    latency: metrics.ackSeconds.with({ type }),
  };
  return config.batch === undefined ? route : { ...route, batcher: createBatcher(route, config.batch) };
}

function compiledCheck(schema: NonNullable<MessageConfig["schema"]>): PayloadCheck {
  const check = compilePayloadSchema(schema);
  if (typeof check === "function") return check;
  throw new TypeError(check.map((issue) => `${issue.path}: ${issue.message}`).join("; "));
}
