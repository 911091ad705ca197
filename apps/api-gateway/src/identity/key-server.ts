import { isLoopbackHost } from "@libs/ip";
import { Type } from "@sinclair/typebox";

/** How an identity server's keys are fetched and kept. */
export const keyServerFields = {
  refreshMs: Type.Integer({
    description: "Age at which keys are fetched again in the background.",
    default: 300_000,
    minimum: 1000,
    maximum: 86_400_000,
  }),
  staleIfErrorMs: Type.Integer({
    description: "Age up to which the last good keys serve while their server fails; then callers get 503.",
    default: 3_600_000,
    minimum: 0,
    maximum: 604_800_000,
  }),
  cooldownMs: Type.Integer({
    description:
      "At most one fetch per this time is caused by tokens that name unknown keys, and a small burst after a quiet period.",
    default: 10_000,
    minimum: 100,
    maximum: 3_600_000,
  }),
  timeoutMs: Type.Integer({
    description: "Longest wait for the identity server.",
    default: 5000,
    minimum: 50,
    maximum: 60_000,
  }),
  allowHttp: Type.Boolean({
    description:
      "Allows fetching keys over plain HTTP from other machines: anyone on the network path can then forge tokens.",
    default: false,
  }),
};

/** The problem with an identity server's URL, or `null`. Plain HTTP is allowed on this machine only. */
export function checkServerUrl(text: string, allowHttp: boolean): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    return "not an http or https URL";
  if (url.username !== "" || url.password !== "") return "credentials do not belong into a URL";
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname) && !allowHttp)
    return "plain HTTP to another machine needs allowHttp";
  return null;
}
