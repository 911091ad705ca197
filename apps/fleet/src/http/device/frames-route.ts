import { CartwayError, type ErrorCode, toCartwayError } from "@libs/errors";
import { type DirectRoute, parseJson, readBody } from "@libs/elysia-server";
import type { Logger } from "@libs/monitoring";
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { TokenHolder } from "../../devices/device-statuses.ts";
import { readDeviceCaller } from "../caller.ts";
import { requireStorable } from "../check-text.ts";

export interface FramesRouteOptions<Body extends TSchema> {
  readonly path: string;
  readonly body: Body;
  readonly logger: Logger;
  /** Whether the answer has a reply for each element. */
  readonly isReplied?: boolean;
  /** Rejects where the element is refused. */
  readonly take: (holder: TokenHolder, body: Static<Body>) => Promise<Taken>;
}

export interface Taken {
  /** The element was recorded before. */
  readonly repeated: boolean;
  readonly reply?: object;
}

interface Rejected {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export const framesMax = 1000;
/** Per call; the hub's own bound is lower. */
const bodyBytesMax = 16_777_216;

/**
 * Handles a batch that the hub has collected from the sockets of many devices, each element with its `caller` as set by the
 * hub. Answers `{ accepted, duplicates, rejected: [{ index, code, message, retryable }] }`, and `replies` in order for types with
 * replies; a bad element does not affect the others.
 * No gateway route leads here: it is reachable only within the service's own network.
 */
export function createFramesRoute<Body extends TSchema>(options: FramesRouteOptions<Body>): DirectRoute {
  const check = TypeCompiler.Compile(options.body);
  return {
    method: "POST",
    path: options.path,
    async handle(request) {
      const frames = parseJson(await readBody(request, bodyBytesMax));
      if (!Array.isArray(frames)) throw new CartwayError("validation_failed");
      if (frames.length > framesMax) throw new CartwayError("payload_too_large");
      const outcomes = await Promise.allSettled(
        frames.map((frame: unknown) => takeOne(frame, check, options)),
      );
      const receipt = receiptOf(outcomes, options.logger);
      return Response.json(options.isReplied ? { ...receipt, replies: outcomes.map(replyOf) } : receipt);
    },
  };
}

async function takeOne<Body extends TSchema>(
  frame: unknown,
  check: TypeCheck<Body>,
  { take }: FramesRouteOptions<Body>,
): Promise<Taken> {
  if (typeof frame !== "object" || frame === null || !("caller" in frame))
    throw new CartwayError("unauthenticated");
  const { caller, ...body } = frame;
  const holder = readDeviceCaller(caller);
  requireStorable(body);
  if (!check.Check(body)) throw new CartwayError("validation_failed", { message: whatIsWrong(check, body) });
  return await take(holder, body);
}

function whatIsWrong(check: TypeCheck<TSchema>, body: unknown): string {
  const first = check.Errors(body).First();
  return first === undefined ? "The payload is not as expected." : `${first.path}: ${first.message}`;
}

function replyOf(outcome: PromiseSettledResult<Taken>): object | null {
  return outcome.status === "fulfilled" ? (outcome.value.reply ?? null) : null;
}

function receiptOf(outcomes: readonly PromiseSettledResult<Taken>[], logger: Logger) {
  const rejected: Rejected[] = [];
  let accepted = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") accepted += outcome.value.repeated ? 0 : 1;
    else {
      const error = toCartwayError(outcome.reason);
      if (error.code === "internal") logger.error({ err: error }, "handling a device's frame failed");
      rejected.push({ index, code: error.code, message: error.message, retryable: error.retryable });
    }
  }
  return { accepted, duplicates: outcomes.length - accepted - rejected.length, rejected };
}
