import { parseChannel } from "../channel.ts";
import type { PublishOptions } from "../broker/broker.ts";
import { type Frame, hubTypeNames, type Position } from "../protocol/frame.ts";
import { isToken } from "../protocol/parse-frame.ts";
import { writeFrame } from "../protocol/write-frame.ts";
import { CartwayError } from "@libs/errors";

export interface PublisherReceipt {
  /** The frame's position in its channel; `null` where the channel keeps no history. */
  readonly position: Position | null;
  /** The frame's id, generated where it had none. */
  readonly id: string;
}

/** How services reach connections: by channel, without knowing sockets. */
export interface Publisher {
  /**
   * Resolves when the hub's broker has accepted the frame. Rejects with `CartwayError`: `bad_request` for an invalid channel or frame,
   * `store_unavailable` and other retryable codes where sending it again can help. A frame sent again with the same id is not delivered
   * twice.
   */
  publish(
    channel: string,
    frame: Frame,
    options?: Pick<PublishOptions, "history">,
  ): Promise<PublisherReceipt>;
}

/** 256 KiB: a connection may have to buffer a whole frame. */
const frameBytesMax = 262_144;

export interface PreparedFrame {
  readonly id: string;
  readonly text: string;
}

/** Adds id and timestamp, and serializes the frame. @throws CartwayError `bad_request`, `payload_too_large` */
export function prepareFrame(channel: string, frame: Frame): PreparedFrame {
  parseChannel(channel);
  const { id = Bun.randomUUIDv7(), timestamp = Date.now() } = frame;
  if (typeof frame.type !== "string" || !isToken(frame.type)) {
    throw new CartwayError("bad_request", {
      message: "A frame has a type of 1 to 128 visible ASCII characters.",
    });
  }
  if (hubTypeNames.has(frame.type)) {
    // a client would take it for the answer to a frame of its own
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
