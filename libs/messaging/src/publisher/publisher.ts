import { parseChannel } from "../channel.ts";
import type { PublishOptions } from "../broker/broker.ts";
import { type Frame, hubTypeNames, type Position } from "../protocol/frame.ts";
import { isToken } from "../protocol/parse-frame.ts";
import { writeFrame } from "../protocol/write-frame.ts";
import { CartwayError } from "@libs/errors";

export interface PublisherReceipt {
  /** Of the frame in its channel; `null` where the channel keeps no history. */
  readonly position: Position | null;
  /** The frame's id: made here where it had none. */
  readonly id: string;
}

/** How a service reaches connections: it names a channel and never sees a socket. */
export interface Publisher {
  /**
   * Resolves when the hub's broker has the frame. Rejects with `CartwayError`: `bad_request` for a channel or frame that is
   * not one, `store_unavailable` and the other retryable codes where sending it again can help. A frame sent again with
   * its id reaches nobody twice.
   */
  publish(
    channel: string,
    frame: Frame,
    options?: Pick<PublishOptions, "history">,
  ): Promise<PublisherReceipt>;
}

/** 256 KiB: what a connection may have to hold for one frame. */
const frameBytesMax = 262_144;

export interface PreparedFrame {
  readonly id: string;
  readonly text: string;
}

/** The frame as it goes out, with id and timestamp. @throws CartwayError `bad_request`, `payload_too_large` */
export function prepareFrame(channel: string, frame: Frame): PreparedFrame {
  parseChannel(channel);
  const { id = Bun.randomUUIDv7(), timestamp = Date.now() } = frame;
  if (typeof frame.type !== "string" || !isToken(frame.type)) {
    throw new CartwayError("bad_request", {
      message: "A frame has a type of 1 to 128 visible ASCII characters.",
    });
  }
  if (hubTypeNames.has(frame.type)) {
    // a client would take it for an answer to its own frame
    throw new CartwayError("bad_request", { message: `${frame.type} is a type of the hub's own.` });
  }
  if (!isToken(id)) {
    throw new CartwayError("bad_request", { message: "A frame's id is 1 to 128 visible ASCII characters." });
  }
  const text = writeFrame({ ...frame, id, timestamp });
  if (Buffer.byteLength(text) > frameBytesMax) {
    throw new CartwayError("payload_too_large", { message: `A frame has at most ${frameBytesMax} bytes.` });
  }
  return { id, text };
}
