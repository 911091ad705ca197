import { type Static, Type } from "@sinclair/typebox";
import type { PolicyDefinition } from "../../model/exchange/policy.ts";
import type { PolicyDeps } from "../policy-deps.ts";

const schema = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: "Status of the answer." }),
    contentType: Type.String({
      pattern: "^[\\x20-\\x7e]{1,256}$",
      default: "application/json; charset=utf-8",
      description: "Its content type.",
    }),
    body: Type.String({ default: "", maxLength: 1_048_576, description: "Its body, as text." }),
  },
  { additionalProperties: false, description: "Answers by itself; nothing is sent to a service." },
);

/** Answers itself; nothing is sent upstream. Runs last, after every other policy of the route. */
export const respondPolicy: PolicyDefinition<typeof schema, PolicyDeps> = {
  type: "respond",
  phase: "route",
  schema,
  create({ status, contentType, body }: Static<typeof schema>) {
    const hasBody = status !== 204 && status !== 304;
    const init = { status, headers: hasBody ? { "content-type": contentType } : {} };
    return {
      request: () => new Response(hasBody ? body : null, init),
      explain: () => ({ verdict: "answer", inputs: hasBody ? { contentType } : {}, status }),
    };
  },
};
