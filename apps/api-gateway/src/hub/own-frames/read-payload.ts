import { CartwayError } from "@libs/errors";
import { type Frame, isChannelName, type Position } from "@libs/messaging";
import { isRecord } from "@libs/json";

type Fields = Readonly<Record<string, unknown>>;

/** @throws CartwayError `validation_failed` */
function fieldsOf(frame: Frame): Fields {
  const { payload } = frame;
  if (!isRecord(payload)) throw invalid("/", "the payload is a JSON object");
  return payload;
}

/** The room that a frame names. @throws CartwayError `validation_failed` */
export function readRoom(frame: Frame): string {
  const { room } = fieldsOf(frame);
  if (typeof room !== "string" || !isChannelName(room)) {
    throw invalid("/room", "1 to 200 visible ASCII characters without quotes, backslashes and braces");
  }
  return room;
}

/** The client's last position; `null` if it asks for no history. @throws CartwayError `validation_failed` */
export function readSince(frame: Frame): Position | null {
  const { since } = fieldsOf(frame);
  if (since === undefined || since === null) return null;
  if (typeof since === "object" && "epoch" in since && "offset" in since) {
    const { epoch, offset } = since;
    const isPlace = typeof epoch === "string" && epoch.length <= 64 && Number.isSafeInteger(offset);
    if (isPlace && typeof offset === "number" && offset >= 0) return { epoch, offset };
  }
  throw invalid("/since", "an epoch and an offset");
}

/** A credential sent in a frame. @throws CartwayError `validation_failed` */
export function readCredential(frame: Frame): { readonly kind: "token" | "ticket"; readonly text: string } {
  const { token, ticket } = fieldsOf(frame);
  if (typeof token === "string" && token !== "" && ticket === undefined)
    return { kind: "token", text: token };
  if (typeof ticket === "string" && ticket !== "" && token === undefined)
    return { kind: "ticket", text: ticket };
  throw invalid("/token", "a token, or a ticket instead");
}

function invalid(path: string, expected: string): CartwayError {
  return new CartwayError("validation_failed", {
    message: `${path === "/" ? "The frame" : path.slice(1)} is invalid: ${expected}.`,
    details: [{ path, message: "is invalid", expected }],
  });
}
