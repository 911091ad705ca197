import { type Static, Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia } from "elysia";
import { explainRequest } from "../../explain/explain-request.ts";
import type { AskedRequest } from "../../explain/explanation.ts";
import type { AdminParts } from "../admin-parts.ts";

const strict = { additionalProperties: false } as const;
const text = (description: string, maxLength: number) =>
  Type.String({ minLength: 1, maxLength, description });
const method = Type.String({ pattern: "^[A-Za-z]{1,32}$", default: "GET" });
const words = Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 64 }));

const body = Type.Object(
  {
    method,
    url: text("A whole URL, or a path of this host.", 16_384),
    headers: Type.Array(Type.Tuple([Type.String({ maxLength: 256 }), Type.String({ maxLength: 8192 })]), {
      default: [],
      maxItems: 200,
      description: "Pairs of name and value.",
    }),
    peerIp: Type.String({ default: "127.0.0.1", maxLength: 64, description: "The address that connects." }),
    caller: Type.Union(
      [
        Type.Null(),
        Type.Object(
          {
            subject: text("Who it is.", 256),
            roles: words,
            scopes: words,
            tenantId: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 256 })])),
          },
          strict,
        ),
      ],
      { default: null, description: "Whom to take the caller for, in place of credentials." },
    ),
  },
  strict,
);

const query = Type.Object({ method, url: text("A whole URL, or a path of this host.", 16_384) }, strict);

const detail = { tags: ["routes"], summary: "Explain where a request would go; nothing is sent" };

/** `GET /explain?method=&url=`, and `POST /explain` for headers: those contain secrets, and queries end up in histories. */
export function explain({ current }: AdminParts): AnyElysia {
  return new Elysia()
    .get(
      "/explain",
      ({ query }) =>
        explainRequest(current(), {
          method: query.method.toUpperCase(),
          url: query.url,
          headers: [],
          peerIp: "127.0.0.1",
          caller: null,
        }),
      { query, detail },
    )
    .post("/explain", ({ body }) => explainRequest(current(), toAsked(body)), { body, detail });
}

function toAsked({ caller, method, ...rest }: Static<typeof body>): AskedRequest {
  const { subject = "", roles = [], scopes = [], tenantId = null } = caller ?? {};
  return {
    ...rest,
    method: method.toUpperCase(),
    caller: caller === null ? null : { subject, roles, scopes, tenantId },
  };
}
