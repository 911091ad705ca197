import type { Notice } from "../../model/identity/authentication.ts";
import type { OriginalRequest } from "../../model/identity/credentials.ts";
import type { ServiceAnswer } from "../../model/upstream/service-caller.ts";
import type { ForwardConfig } from "./forward-schema.ts";
import { originalUrl, uriOf } from "./question.ts";

const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const lengthMax = 16_384;

/** Whether a refusing answer is passed to the caller; all others become an error of the gateway. */
export function isNotice(status: number): boolean {
  return status === 401 || status === 403 || redirections.has(status);
}

interface AskedFor {
  /** Whether the caller is a browser that would show the page it is redirected to. */
  readonly isPage: boolean;
  readonly original: OriginalRequest;
  readonly config: Pick<ForwardConfig, "noticeHeaders" | "signIn">;
}

/** @throws Error for an answer that cannot be passed on */
export function readNotice(
  { status, headers, body }: ServiceAnswer,
  { isPage, original, config }: AskedFor,
): Omit<Notice, "hadCredentials"> {
  const { noticeHeaders, signIn } = config;
  const fields = noticeHeaders.flatMap((name) => headers.getAll(name).flatMap((value) => [name, value]));
  if (fields.join("").length > lengthMax)
    throw new Error("returned more headers than may be passed to a caller");
  if (redirections.has(status) && headers.get("location") === null)
    throw new Error(`answered ${status} without a location`);
  if (status === 401 && signIn !== undefined && isPage) return toSignIn(signIn, original, cookiesOf(fields));
  return { status, fields, body };
}

/** The redirect to the sign-in page; uncacheable, since return address and cookies are this request's own. */
function toSignIn(
  { url, parameter }: NonNullable<ForwardConfig["signIn"]>,
  original: OriginalRequest,
  cookies: readonly string[],
): Omit<Notice, "hadCredentials"> {
  // a path that begins with two slashes would lead to another host
  const back = url.startsWith("/") ? uriOf(original).replace(/^\/+/, "/") : originalUrl(original);
  const location = `${url}${url.includes("?") ? "&" : "?"}${parameter}=${encodeURIComponent(back)}`;
  return {
    status: 302,
    fields: ["location", location, "cache-control", "no-store", ...cookies],
    body: new Uint8Array(),
  };
}

function cookiesOf(fields: readonly string[]): readonly string[] {
  return fields.filter((_, index) => fields[index - (index % 2)] === "set-cookie");
}
