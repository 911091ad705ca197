import type { Connection } from "../connections/connection.ts";
import type { MessageRoute } from "./message-route.ts";

/** A frame on its way through a service, until it is answered. */
export interface PendingFrame {
  readonly connection: Connection;
  readonly route: MessageRoute;
  /** `null` where the sender asked for no answer. */
  readonly id: string | null;
  /** In the window of known ids; `null` where there is no id. */
  readonly key: string | null;
  readonly hash: number;
  /** Of what its service gets: held until it is answered. */
  readonly bytes: number;
  /** `performance.now()`. */
  readonly receivedAt: number;
}
