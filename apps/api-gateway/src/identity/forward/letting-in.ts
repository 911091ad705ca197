import type { Authenticated } from "../../model/authentication.ts";
import type { ServiceAnswer } from "../../model/service-caller.ts";
import { compileCallerHeaders, namesOf } from "./caller-headers.ts";
import type { ForwardConfig } from "./forward-schema.ts";

/** Services refuse a head above 8 to 16 KiB, in which the client's own fields have to stand too. */
const fieldsLengthMax = 12_288;

/** @throws Error for an answer that lets in and cannot be understood */
export type ReadCaller = (
  answer: Pick<ServiceAnswer, "status" | "headers">,
  askedAt: number,
) => Authenticated;

/** Who calls, by an answer that lets in. */
export function compileLettingIn(name: string, config: ForwardConfig): ReadCaller {
  const { headers: mapped, forwardHeaders, nameless, passCookies, sessionMs } = config;
  const readCaller = compileCallerHeaders(mapped);
  const told = [...new Set([...namesOf(mapped), ...forwardHeaders])];
  return ({ status, headers }, askedAt) => {
    const { subject, ...caller } = readCaller(headers);
    const who = subject ?? nameless;
    if (who === undefined) throw new Error(`answered ${status} and named nobody`);
    const fields = forwardHeaders.flatMap((each) => headers.getAll(each).flatMap((value) => [each, value]));
    if (fields.join("").length > fieldsLengthMax)
      throw new Error("answered more headers than services are sent");
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
        claims: Object.fromEntries(told.map((each) => [each, headers.get(each)])),
        ...(fields.length === 0 ? {} : { fields }),
      },
      ...(setCookies.length === 0 ? {} : { setCookies }),
    };
  };
}
