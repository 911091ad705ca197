import type { Connection } from "../connections/connection.ts";
import type { MessageRoute } from "./message-route.ts";

/** A frame that was sent to a service and is not answered yet. */
export interface PendingFrame {
  readonly connection: Connection;
  readonly route: MessageRoute;
  /** `null` where the sender asked for no answer. */
  readonly id: string | null;
  /** Its key among the known ids; `null` without an id. */
  readonly key: string | null;
  readonly hash: number;
  /** Bytes of the service's body, held until the frame is answered. */
  readonly bytes: number;
  /** `performance.now()`. */
  readonly receivedAt: number;
}
