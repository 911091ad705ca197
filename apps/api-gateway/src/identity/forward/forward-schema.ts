import { type Static, Type } from "@sinclair/typebox";
import { answersMax } from "../remote-identity.ts";
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
        "The query parameter that says where to come back to: path and query for a path, the whole URL for a URL.",
      default: "rd",
      pattern: "^[A-Za-z0-9_.-]+$",
      maxLength: 64,
    }),
  },
  {
    additionalProperties: false,
    description:
      "Makes a redirection of the service's 401 for whoever asks for a page (GET, HTML accepted), where the service gives none: oauth2-proxy's /oauth2/auth.",
  },
);

export const forwardSchema = Type.Object(
  {
    service: Type.String({
      description: "The service that is asked, by its name in this config.",
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
        "Asks with the method and Host of the request, and its path and query behind `path`, as Envoy's ext_authz does. Without it the question is a GET of `path`, as of nginx and Traefik.",
      default: false,
    }),
    requestHeaders: names("What of a request's headers is sent along with the question, in lower case.", [
      "accept",
      "accept-language",
      "authorization",
      "cookie",
      "user-agent",
      "x-requested-with",
    ]),
    headers: callerHeadersSchema,
    nameless: Type.Optional(
      Type.String({
        description:
          "Who callers are whom the service lets in without a name, such as guest. Without it they get 503, as a name was to be expected.",
        minLength: 1,
        maxLength: 128,
      }),
    ),
    forwardHeaders: names(
      "Headers of an answer that lets in which go to the services behind, in lower case. No route takes them from a client.",
      [],
    ),
    noticeHeaders: names("Headers of an answer that turns away which the caller gets, in lower case.", [
      "cache-control",
      "content-language",
      "content-type",
      "location",
      "set-cookie",
      "www-authenticate",
    ]),
    passCookies: Type.Boolean({
      description: "Hands cookies that an answer sets while it lets in to the caller: sessions that slide.",
      default: true,
    }),
    signIn: Type.Optional(signIn),
    cacheMs: Type.Integer({
      description:
        "Longest time for which an answer that lets in holds for the very same question. 0 asks each time. Others are never remembered.",
      default: 0,
      minimum: 0,
      maximum: 3_600_000,
    }),
    staleIfErrorMs: Type.Integer({
      description:
        "While the service is away, what it let in before is let in for this time, with `cacheMs` above 0; all else gets 503.",
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
      description: "Longest life of a WebSocket of the hub on one answer.",
      default: 3_600_000,
      minimum: 1000,
      maximum: 86_400_000,
    }),
    answerBytesMax: Type.Integer({
      description: "Largest answer; a larger one lets nobody in.",
      default: 65_536,
      minimum: 0,
      maximum: 1_048_576,
    }),
    cacheMax: answersMax,
    questionsMax: Type.Integer({
      description: "Questions at once; beyond it callers get 503.",
      default: 256,
      minimum: 1,
      maximum: 10_000,
    }),
  },
  {
    additionalProperties: false,
    description:
      "A service of this config is asked whether the caller may: nginx's auth_request, Traefik's forwardAuth, Envoy's ext_authz over HTTP.",
  },
);

export type ForwardConfig = Static<typeof forwardSchema>;
