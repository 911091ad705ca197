/** The order in which request hooks run; response hooks run in reverse. This order is a contract; each phase states its reason. */
export const phases = [
  { name: "guard", reason: "what must never be looked at further is refused before any work is spent on it" },
  {
    name: "cors",
    reason: "a preflight carries no credentials and must be answered before they are asked for",
  },
  { name: "authenticate", reason: "everything after may depend on who is calling" },
  { name: "authorize", reason: "a caller without the right must not spend anybody's budget" },
  {
    name: "admit",
    reason: "limits count only callers that may be here, and every request of theirs that is well formed",
  },
  { name: "choose", reason: "an answer is cached for the service that it comes from" },
  {
    name: "cache",
    reason: "what is at hand is answered before it waits for anything or costs a service anything",
  },
  {
    name: "encode",
    reason: "an answer is compressed after everything has changed it, and kept as it was compressed",
  },
  {
    name: "shape",
    reason: "the service sees the request as its config says, after all decisions on the original",
  },
  { name: "route", reason: "what answers in place of the service may depend on the shaped request" },
  { name: "queue", reason: "only what is really about to be sent waits for its turn" },
] as const;

export type Phase = (typeof phases)[number]["name"];
