import type { Authentication } from "../../model/identity/authentication.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { OriginalRequest } from "../../model/identity/credentials.ts";
import type { ServiceAnswer } from "../../model/upstream/service-caller.ts";
import { defineIdentity, type Identity, type IdentityDeps, type Unasked } from "../identity.ts";
import { onceFor } from "../once-for.ts";
import type { PresentedCredentials } from "../presented-credentials.ts";
import { namesOf } from "./caller-headers.ts";
import { type ForwardConfig, forwardSchema } from "./forward-schema.ts";
import { authorization, isForwardable, isSendable, mayBeSetByAnswer } from "./header-names.ts";
import { compileReadCaller, type ReadCaller } from "./read-caller.ts";
import { isNotice, readNotice } from "./notice.ts";
import { createQuestion, type Question } from "./question.ts";
import { RememberedAnswers } from "../remembered-answers.ts";

/** Forward authentication: a service is asked about each request, and returns the caller's identity or the answer to send. */
export const forward = defineIdentity({
  schema: forwardSchema,
  check: findIssues,
  services: ({ service }) => [{ path: "/service", name: service, decides: true }],
  create(name, config, deps) {
    const remembered = new RememberedAnswers({
      ...config,
      now: deps.now,
      onAnswer: (from) => deps.onAnswer(name, from),
    });
    // built once per request: `recall` and `authenticate` ask the same question
    const questionOf = onceFor((credentials) => createQuestion(credentials, config));
    const asking = createAsking({ name, config, deps, remembered });
    const own = ownHeadersOf(config);
    return {
      scheme: "service",
      recall(credentials) {
        const question = remembered.isKept ? questionOf(credentials) : null;
        return question === null ? null : remembered.find(question.digest());
      },
      authenticate(credentials) {
        const question = questionOf(credentials);
        return question === null ? absent : asking(question, asksForPage(credentials, question.original));
      },
      foresee(credentials) {
        const question = questionOf(credentials);
        return question === null ? absent : unasked(name, question, config);
      },
      places: { headers: own, parameters: [] },
      ownHeaders: own.filter((each) => each !== authorization),
      givesCookies: config.passCookies,
      dispose: () => remembered.clear(),
    } satisfies Identity;
  },
});

const absent: Authentication = { outcome: "absent" };

interface AskingParts {
  readonly name: string;
  readonly config: ForwardConfig;
  readonly deps: IdentityDeps;
  readonly remembered: RememberedAnswers;
}

/** One request at a time for the same question, and a bounded number at once. */
function createAsking({
  name,
  config,
  deps,
  remembered,
}: AskingParts): (question: Question, isPage: boolean) => Authentication | Promise<Authentication> {
  const unavailable: Authentication = { outcome: "unavailable", identity: name };
  const readCaller = compileReadCaller(name, config);
  const pending = new Map<string, Promise<Authentication>>();
  let asked = 0;

  async function ask(question: Question, digest: string, isPage: boolean): Promise<Authentication> {
    const askedAt = deps.now();
    asked += 1;
    try {
      const answer = await send(question, config, deps);
      const judged = judge(answer, { name, config, readCaller, question, askedAt, isPage });
      deps.onAnswer(name, "asked");
      if (judged.outcome === "authenticated") remembered.keep(digest, judged, askedAt);
      else remembered.forget(digest);
      return judged;
    } catch (error) {
      deps.onFailure(name, error);
      return remembered.findStale(digest) ?? unavailable;
    } finally {
      asked -= 1;
    }
  }

  return (question, isPage) => {
    const askNow = (digest: string) =>
      asked < config.questionsMax ? ask(question, digest, isPage) : unavailable;
    if (!remembered.isKept) return askNow("");
    const digest = question.digest();
    const before = pending.get(digest);
    // refusals and answers with cookies are one caller's own: only an admitting answer without any is shared
    if (before !== undefined)
      return before.then((answer) =>
        answer.outcome === "authenticated" && !answer.setCookies ? answer : askNow(digest),
      );
    const first = askNow(digest);
    if (!(first instanceof Promise)) return first;
    const settled = first.finally(() => pending.delete(digest));
    pending.set(digest, settled);
    return settled;
  };
}

async function send(question: Question, config: ForwardConfig, deps: IdentityDeps): Promise<ServiceAnswer> {
  return await deps.services().call(config.service, {
    method: question.method,
    path: question.path,
    host: question.host,
    headers: question.headers,
    body: null,
    answerBytesMax: config.answerBytesMax,
    signal: AbortSignal.timeout(config.timeoutMs),
    deadline: performance.now() + config.timeoutMs,
  });
}

interface Asked {
  readonly name: string;
  readonly config: ForwardConfig;
  readonly readCaller: ReadCaller;
  readonly question: Question;
  readonly askedAt: number;
  readonly isPage: boolean;
}

/** @throws Error for an answer that neither admits nor refuses */
function judge(answer: ServiceAnswer, asked: Asked): Authentication {
  const { name, config, question, isPage } = asked;
  const { original, hadCredentials } = question;
  const { status } = answer;
  if (status >= 200 && status <= 299) return asked.readCaller(answer, asked.askedAt);
  if (!isNotice(status)) throw new Error(`answered ${status}`);
  const notice = { ...readNotice(answer, { isPage, original, config }), hadCredentials };
  return { outcome: "turned_away", identity: name, notice };
}

/** A description for `explain`: header names only, since the values are the caller's secrets. */
function unasked(name: string, { method, path, headers }: Question, config: ForwardConfig): Unasked {
  const [address] = path.split("?", 1);
  const along = config.requestHeaders.filter((each) => Object.hasOwn(headers, each));
  const withThese = along.length === 0 ? "" : ` with ${along.join(", ")}`;
  return {
    outcome: "unasked",
    identity: name,
    asks: `${method} ${address} of ${config.service}${withThese}`,
  };
}

/** Whether a browser is navigating to a page, as opposed to a script's request. */
function asksForPage(credentials: PresentedCredentials, { method }: OriginalRequest): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (credentials.header("upgrade") !== null || credentials.header("x-requested-with") !== null) return false;
  return credentials.header("accept")?.includes("text/html") === true;
}

function ownHeadersOf({ headers, forwardHeaders }: ForwardConfig): readonly string[] {
  return [...new Set([...namesOf(headers), ...forwardHeaders])];
}

function findIssues(config: ForwardConfig): readonly ConfigIssue[] {
  const own = ownHeadersOf(config);
  const issues: ConfigIssue[] = [];
  const refuse = (
    list: "requestHeaders" | "forwardHeaders",
    isGood: (name: string) => boolean,
    why: string,
  ) =>
    config[list].forEach((each, index) => {
      if (!isGood(each)) issues.push({ path: `/${list}/${index}`, message: `${each} ${why}` });
    });
  refuse("requestHeaders", isSendable, "is the gateway's own to say, or ends with its connection");
  const isClients = (each: string) =>
    each === authorization || !own.includes(each) || !mayBeSetByAnswer(each);
  refuse("requestHeaders", isClients, "is what the answer says: a client could say it to the service");
  refuse("forwardHeaders", isForwardable, "cannot be set by a response");
  for (const [field, each] of Object.entries(config.headers)) {
    if (typeof each === "string" && field !== "separator" && !mayBeSetByAnswer(each))
      issues.push({ path: `/headers/${field}`, message: `${each} cannot be set by a response` });
  }
  if (config.headers.subject === undefined && config.nameless === undefined)
    issues.push({
      path: "",
      message: "does not name the caller",
      expected: "headers.subject, nameless, or both",
    });
  if (config.staleIfErrorMs > 0 && config.cacheMs === 0)
    issues.push({ path: "/staleIfErrorMs", message: "nothing is cached", expected: "cacheMs above 0" });
  if (config.sessionMs < Math.max(config.cacheMs, config.staleIfErrorMs))
    issues.push({
      path: "/sessionMs",
      message: "ends before the response's own lifetime",
      expected: "cacheMs and staleIfErrorMs, or more",
    });
  return issues;
}
