import { type AnyElysia, Elysia } from "elysia";
import { type ComposeParts, composeMessage } from "../messages/compose-message.ts";
import { MessageRequest, toBrief } from "../messages/message-request.ts";
import { messageAnswers } from "./answers.ts";
import { eventStream } from "./event-stream.ts";

/** `POST /recovery-message`: the whole message, or streamed sentence by sentence with `Accept: text/event-stream`. */
export function createMessageRoutes(parts: ComposeParts): AnyElysia {
  return new Elysia({ name: "ai-engine/messages" }).post(
    "/recovery-message",
    ({ body, request }) => {
      const brief = toBrief(body);
      if (!wantsStream(request))
        return composeMessage(brief, parts, { onText: null, signal: request.signal });
      return eventStream(request.signal, async (send, signal) => {
        const onText = (text: string) => send("delta", { text });
        const message = await composeMessage(brief, parts, { onText, signal });
        send("done", message);
      });
    },
    {
      body: MessageRequest,
      detail: {
        summary: "Write a recovery message for an abandoned cart",
        tags: ["messages"],
        responses: messageAnswers,
      },
    },
  );
}

function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/event-stream") === true;
}
