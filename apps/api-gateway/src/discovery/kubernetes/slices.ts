import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([Type.Null(), schema]));

const conditionsSchema = Type.Object({
  ready: maybe(Type.Boolean()),
  serving: maybe(Type.Boolean()),
  terminating: maybe(Type.Boolean()),
});

/** The used part of a `discovery.k8s.io/v1` EndpointSlice. */
const sliceSchema = Type.Object({
  metadata: Type.Object({ name: Type.String(), resourceVersion: Type.String() }),
  addressType: Type.String(),
  endpoints: maybe(
    Type.Array(
      Type.Object({
        addresses: Type.Array(Type.String()),
        conditions: maybe(conditionsSchema),
        zone: maybe(Type.String()),
      }),
    ),
  ),
  ports: maybe(
    Type.Array(
      Type.Object({
        name: maybe(Type.String()),
        port: maybe(Type.Integer()),
        protocol: maybe(Type.String()),
      }),
    ),
  ),
});

const listSchema = Type.Object({
  metadata: Type.Object({ resourceVersion: Type.String(), continue: maybe(Type.String()) }),
  items: Type.Array(sliceSchema),
});

const eventSchema = Type.Union([
  Type.Object({
    type: Type.Union([Type.Literal("ADDED"), Type.Literal("MODIFIED"), Type.Literal("DELETED")]),
    object: sliceSchema,
  }),
  Type.Object({
    type: Type.Literal("BOOKMARK"),
    object: Type.Object({
      metadata: Type.Object({ name: Type.Optional(Type.String()), resourceVersion: Type.String() }),
    }),
  }),
  Type.Object({
    type: Type.Literal("ERROR"),
    object: Type.Object({ code: Type.Integer(), message: Type.Optional(Type.String()) }),
  }),
]);

export type EndpointSlice = Static<typeof sliceSchema>;
export type WatchEvent = Static<typeof eventSchema>;

export function readList(json: unknown): Static<typeof listSchema> {
  if (Value.Check(listSchema, json)) return json;
  throw new Error("the API server's response is not a list of EndpointSlices");
}

export function readEvent(json: unknown): WatchEvent {
  if (Value.Check(eventSchema, json)) return json;
  throw new Error("the API server sent something other than an EndpointSlice event");
}
