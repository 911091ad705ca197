import type { Authenticated } from "../../model/identity/authentication.ts";
import type { ServiceAnswer } from "../../model/upstream/service-caller.ts";
import { compileCallerHeaders, namesOf } from "./caller-headers.ts";
import type { ForwardConfig } from "./forward-schema.ts";

/** Services refuse a head above 8 to 16 KiB, which has to hold the client's own fields too. */
const fieldsLengthMax = 12_288;

/** @throws Error for an answer that admits the caller but cannot be used */
export type ReadCaller = (
  answer: Pick<ServiceAnswer, "status" | "headers">,
  askedAt: number,
) => Authenticated;

/** Reads the principal from an auth service's answer that admits the caller. */
export function compileReadCaller(name: string, config: ForwardConfig): ReadCaller {
  const { headers: mapped, forwardHeaders, nameless, passCookies, sessionMs } = config;
  const readCaller = compileCallerHeaders(mapped);
  const claimNames = [...new Set([...namesOf(mapped), ...forwardHeaders])];
  return ({ status, headers }, askedAt) => {
    const { subject, ...caller } = readCaller(headers);
    const who = subject ?? nameless;
    if (who === undefined)
      throw new Error(`answered ${status} and named nobody in ${mapped.subject ?? "any header"}`);
    const fields = forwardHeaders.flatMap((each) => headers.getAll(each).flatMap((value) => [each, value]));
    if (fields.join("").length > fieldsLengthMax)
      throw new Error("returned more headers than may be sent to services");
    const setCookies = passCookies ? headers.getAll("set-cookie") : [];
    return {
      outcome: "authenticated",
      principal: {
        identity: name,
        method: "forward",
        subject: who,
        ...caller,
        plan: null,
        weight: 1,
        expiresAt: askedAt + sessionMs,
        claims: Object.fromEntries(claimNames.map((each) => [each, headers.get(each)])),
        ...(fields.length === 0 ? {} : { fields }),
      },
      ...(setCookies.length === 0 ? {} : { setCookies }),
    };
  };
}
