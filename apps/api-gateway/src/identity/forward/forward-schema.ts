import { type Static, Type } from "@sinclair/typebox";
import { answersMax } from "../remote-identity.ts";
import { subjectPrefixField } from "../subject-prefix.ts";
import { callerHeadersSchema } from "./caller-headers.ts";
import { headerName } from "./header-names.ts";

const names = (description: string, defaults: readonly string[]) =>
  Type.Array(headerName, { description, default: [...defaults], maxItems: 64, uniqueItems: true });

const signIn = Type.Object(
  {
    url: Type.String({
      description:
        "Where people sign in: a path of this gateway, such as /oauth2/start, or a URL of the service's own.",
      pattern: "^(/(?!/)|https?://)[\\x21-\\x7e]*$",
      maxLength: 2048,
    }),
    parameter: Type.String({
      description:
        "The query parameter that gets the return address: path and query if `url` is a path, the whole URL otherwise.",
      default: "rd",
      pattern: "^[A-Za-z0-9_.-]+$",
      maxLength: 64,
    }),
  },
  {
    additionalProperties: false,
    description:
      "Turns the service's 401 into a redirect for requests for a page (GET that accepts HTML), where the service does not redirect itself, as oauth2-proxy's /oauth2/auth.",
  },
);

export const forwardSchema = Type.Object(
  {
    service: Type.String({
      description: "The service that decides, by its name in this config.",
      minLength: 1,
      maxLength: 64,
    }),
    path: Type.String({
      description: "The path there, such as /api/authz/forward-auth.",
      default: "/",
      pattern: "^/[\\x21-\\x22\\x24-\\x7e]*$",
      maxLength: 1024,
    }),
    asOriginal: Type.Boolean({
      description:
        "Sends the method and Host of the request, with its path and query appended to `path`, as Envoy's ext_authz does. By default it sends a GET of `path`, as nginx and Traefik do.",
      default: false,
    }),
    requestHeaders: names("Headers of the request that are sent to the service, in lower case.", [
      "accept",
      "accept-language",
      "authorization",
      "cookie",
      "user-agent",
      "x-requested-with",
    ]),
    headers: callerHeadersSchema,
    ...subjectPrefixField,
    nameless: Type.Optional(
      Type.String({
        description:
          "The id of callers that the service admits without naming them, such as guest. Without it they get 503.",
        minLength: 1,
        maxLength: 128,
      }),
    ),
    forwardHeaders: names(
      "Headers of an admitting answer that are forwarded to the route's service, in lower case. They are never taken from a client.",
      [],
    ),
    noticeHeaders: names("Headers of a refusing answer that are passed to the caller, in lower case.", [
      "cache-control",
      "content-language",
      "content-type",
      "location",
      "set-cookie",
      "www-authenticate",
    ]),
    passCookies: Type.Boolean({
      description: "Passes cookies set by an admitting answer to the caller, for sliding sessions.",
      default: true,
    }),
    signIn: Type.Optional(signIn),
    cacheMs: Type.Integer({
      description:
        "How long an admitting answer is cached for an identical request to the service; 0 asks every time. Refusals are never cached.",
      default: 0,
      minimum: 0,
      maximum: 3_600_000,
    }),
    staleIfErrorMs: Type.Integer({
      description:
        "While the service is unavailable, cached callers are still admitted for this time, if `cacheMs` is above 0; others get 503.",
      default: 0,
      minimum: 0,
      maximum: 86_400_000,
    }),
    timeoutMs: Type.Integer({
      description: "Longest wait for an answer, retries included.",
      default: 3000,
      minimum: 50,
      maximum: 60_000,
    }),
    sessionMs: Type.Integer({
      description: "Longest life of a hub connection on one answer.",
      default: 3_600_000,
      minimum: 1000,
      maximum: 86_400_000,
    }),
    answerBytesMax: Type.Integer({
      description: "Largest answer in bytes; a larger one admits nobody.",
      default: 65_536,
      minimum: 0,
      maximum: 1_048_576,
    }),
    cacheMax: answersMax,
    questionsMax: Type.Integer({
      description: "Concurrent requests to it; callers beyond it get 503.",
      default: 256,
      minimum: 1,
      maximum: 10_000,
    }),
  },
  {
    additionalProperties: false,
    description:
      "Asks a service of this config to admit the caller: nginx's auth_request, Traefik's forwardAuth, Envoy's ext_authz over HTTP.",
  },
);

export type ForwardConfig = Static<typeof forwardSchema>;
