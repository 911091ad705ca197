import { type IntegerOptions, type TInteger, Type } from "@sinclair/typebox";
import { type TSchema, t } from "elysia";
import { deviceKinds } from "../devices/device.ts";
import { risks } from "../model/command-kinds.ts";
import { commandMachine } from "../model/command-states.ts";
import { deviceMachine } from "../model/device-states.ts";
import { sessionMachine } from "../model/session-states.ts";
import { statesOf } from "../model/state-machine.ts";

export const strict = { additionalProperties: false } as const;

/**
 * A union built from a list loses its members' types, so the type is given here. A `title`, here as below, names the type
 * in the OpenAPI document and in generated clients.
 */
const oneOf = <Name extends string>(title: string, names: readonly Name[]) =>
  t.Unsafe<Name>(
    t.Union(
      names.map((name) => t.Literal(name)),
      { title },
    ),
  );
const orNull = <S extends TSchema>(schema: S) => t.Union([schema, t.Null()]);

/**
 * A whole number in a body or an answer. Elysia's own type is for queries: it accepts numeric strings, and makes Elysia walk and copy
 * each answer that has one.
 */
export const integer = (options: IntegerOptions = {}): TInteger => Type.Integer(options);

const id = t.String({ format: "uuid" });
const time = t.String({ format: "date-time" });

export const deviceState = oneOf("DeviceState", statesOf(deviceMachine));
export const sessionState = oneOf("SessionState", statesOf(sessionMachine));
export const commandState = oneOf("CommandState", statesOf(commandMachine));
export const deviceKind = oneOf("DeviceKind", deviceKinds);
export const risk = oneOf("Risk", risks);
export const reportedState = t.Union([t.Literal("ok"), t.Literal("degraded"), t.Literal("failing")]);
const reported = orNull(t.Object({ status: reportedState, agentVersion: orNull(t.String()) }));

/**
 * An id from outside, in its canonical spelling. The format alone accepts other spellings of a UUID, which only the database
 * would treat as equal, and `urn:uuid:`, which the database refuses.
 */
export const givenId = (description?: string) =>
  t.String({
    format: "uuid",
    pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    ...(description === undefined ? {} : { description }),
  });

export const idParameters = t.Object({ id: givenId() });

export const device = t.Object(
  {
    id,
    name: t.String(),
    kind: deviceKind,
    status: deviceState,
    online: t.Boolean(),
    lastSeenAt: orNull(time),
    reported,
    createdAt: time,
    registeredAt: orNull(time),
  },
  { title: "Device" },
);

export const deviceWithCode = t.Object(
  {
    device,
    activationCode: t.String({ description: "Shown only once." }),
    expiresAt: time,
  },
  { title: "DeviceWithCode" },
);

export const deviceStatus = t.Object(
  {
    deviceId: id,
    status: deviceState,
    online: t.Boolean(),
    lastSeenAt: orNull(time),
    reported,
  },
  { title: "DeviceStatus" },
);

const actor = t.Object(
  {
    kind: t.Union([t.Literal("person"), t.Literal("device"), t.Literal("system")]),
    id: t.String(),
  },
  { title: "Actor" },
);

export const historyEntry = t.Object(
  {
    at: time,
    subject: t.Union([t.Literal("device"), t.Literal("session"), t.Literal("command")]),
    subjectId: id,
    event: t.String(),
    from: orNull(t.String()),
    to: t.String(),
    actor,
    details: orNull(t.Record(t.String(), t.Unknown())),
  },
  { title: "HistoryEntry" },
);

const result = t.Object(
  {
    outcome: t.Union([t.Literal("succeeded"), t.Literal("failed"), t.Literal("refused")]),
    message: orNull(t.String()),
    output: t.Unknown(),
  },
  { title: "CommandResult" },
);

export const command = t.Object(
  {
    id,
    sessionId: id,
    deviceId: id,
    kind: t.String(),
    version: integer(),
    parameters: t.Unknown(),
    risk,
    needsApproval: t.Boolean(),
    priority: integer(),
    deadlineAt: time,
    attempts: integer(),
    attemptsMax: integer(),
    status: commandState,
    result: orNull(result),
    deadReason: orNull(t.Union([t.Literal("deadline"), t.Literal("attempts")])),
    createdAt: time,
    updatedAt: time,
  },
  { title: "Command" },
);

export const sessionSummary = t.Object(
  {
    id,
    deviceId: id,
    status: sessionState,
    reason: t.String(),
    requestedBy: t.String(),
    createdAt: time,
    endedAt: orNull(time),
  },
  { title: "SessionSummary" },
);

const plan = t.Object(
  {
    sessionId: id,
    customerId: t.String(),
    deviceId: id,
    reason: t.String(),
    requestedBy: t.String(),
    fourEyes: t.Boolean(),
    approvalExpiresAt: orNull(time),
    commands: t.Array(
      t.Object({
        id,
        kind: t.String(),
        version: integer(),
        parameters: t.Unknown(),
        risk,
        priority: integer(),
        attemptsMax: integer(),
        deadlineAt: time,
      }),
    ),
  },
  { title: "Plan" },
);

export const session = t.Composite(
  [
    sessionSummary,
    t.Object({
      fourEyes: t.Boolean(),
      plan,
      planHash: t.String({
        description: "SHA-256 of the plan as canonical JSON. An approval is valid for this hash only.",
      }),
      decision: orNull(
        t.Object({
          decision: t.Union([t.Literal("approved"), t.Literal("rejected")]),
          by: t.String(),
          at: time,
          comment: t.String(),
        }),
      ),
      commands: t.Array(command),
      history: t.Array(historyEntry),
    }),
  ],
  { title: "Session" },
);

export const claimedCommand = t.Object(
  {
    id,
    sessionId: id,
    kind: t.String(),
    version: integer(),
    parameters: t.Unknown(),
    attempt: integer(),
    attemptsMax: integer(),
    deadlineAt: time,
    claimedUntil: time,
    claimToken: t.String({ description: "Required to extend the claim and to report the result." }),
  },
  { title: "ClaimedCommand" },
);

const problem = t.Object(
  {
    error: t.Object({
      code: t.String(),
      message: t.String(),
      details: t.Optional(t.Unknown()),
      requestId: t.String(),
    }),
  },
  { description: "The envelope of every error." },
);

const meanings = {
  401: "Missing or invalid credentials",
  403: "The device is suspended or retired, or the caller is not allowed to do this",
  404: "Not found, or owned by another customer",
  409: "The current state does not allow it",
  422: "The input does not match its schema",
  429: "Too many attempts; retry after the time in Retry-After",
} as const;

/**
 * The responses of a route for its description: the successful one, and its possible errors. Responses are validated
 * when sent; their static types come from the service.
 */
export function answers(schema: TSchema, ...errors: readonly (keyof typeof meanings)[]) {
  const refusals = errors.map((code) => [
    code,
    t.Object(problem.properties, { title: "Problem", description: meanings[code] }),
  ]);
  return {
    200: t.Unsafe<unknown>(schema),
    ...(Object.fromEntries(refusals) as Record<number, typeof problem>),
  };
}
