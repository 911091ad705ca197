import type { ErrorCode } from "@libs/errors";
import { isRecord } from "@libs/json";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import {
  type CartEvent,
  CartEventSchema,
  type CartEventInput,
  eventTypes,
  isCartType,
} from "./cart-event.ts";

export type ParsedEvent =
  | { readonly ok: true; readonly event: CartEvent }
  | { readonly ok: false; readonly rejection: Rejection };

export interface Rejection {
  readonly code: ErrorCode;
  /** The problem and what was expected, with the JSON Pointer of the place. */
  readonly message: string;
  readonly path: string;
}

const schema = TypeCompiler.Compile(CartEventSchema);

/** Storefront clocks may be wrong, but an event of another year is a mistake, and each month is a partition on disk. */
const ageMaxMs = 366 * 86_400_000;
const futureMaxMs = 86_400_000;

/** Validates one element of a batch. Pure; never throws, whatever the value is. */
export function parseEvent(value: unknown, nowMs: number): ParsedEvent {
  if (!schema.Check(value)) return reject(...firstProblem(value));
  const input: CartEventInput = value;
  if (isCartType(input.type)) {
    if (input.cartId === undefined) return reject("/cartId", `${input.type} needs a cartId`);
    if (input.items === undefined) return reject("/items", `${input.type} needs the items that it is about`);
  }
  if (input.items !== undefined && input.currency === undefined)
    return reject("/currency", "items need their currency");
  const unstorable = (input.items ?? []).findIndex(({ name = "" }) => !isStorable(name));
  if (unstorable !== -1) return reject(`/items/${unstorable}/name`, "holds NUL or half a surrogate pair");
  const occurredAtMs = input.occurredAt === undefined ? nowMs : Date.parse(input.occurredAt);
  if (Number.isNaN(occurredAtMs)) return reject("/occurredAt", "expected a time of ISO 8601");
  if (occurredAtMs < nowMs - ageMaxMs || occurredAtMs > nowMs + futureMaxMs) {
    return reject("/occurredAt", "expected a time of the last 366 days, or at most a day ahead");
  }
  // The content identifies an event too: by id alone a second event would silently disappear behind the first.
  const content = JSON.stringify(input);
  const contentHash = Bun.hash.xxHash32(content);
  // Nothing happens after it has arrived: an event from a clock that is ahead would overtake later ones of another clock.
  const event = { ...input, occurredAtMs: Math.min(occurredAtMs, nowMs), contentHash };
  return { ok: true, event: { ...event, contentChars: content.length } };
}

/** JSON can contain text that a database cannot store; all other text of an event is ASCII. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function firstProblem(value: unknown): [path: string, message: string] {
  if (!isRecord(value)) return ["", "expected an object"];
  const type: unknown = value["type"];
  if (typeof type === "string" && !eventTypes.some((known) => known === type)) {
    return [
      "/type",
      `${JSON.stringify(type.slice(0, 64))} is not an event type: expected one of ${eventTypes.join(", ")}`,
    ];
  }
  const problem = schema.Errors(value).First();
  return problem === undefined
    ? ["", "the event is not valid"]
    : [problem.path, problem.message.replace(/^E/, "e")];
}

function reject(path: string, message: string): ParsedEvent {
  return {
    ok: false,
    rejection: { code: "validation_failed", message: `${path === "" ? "" : `${path}: `}${message}`, path },
  };
}
