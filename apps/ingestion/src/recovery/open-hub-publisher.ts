import { CartwayError } from "@libs/errors";
import { createBrokerPublisher, createHttpPublisher, openRedisBroker, type Publisher } from "@libs/messaging";
import type { Logger } from "@libs/monitoring";

export interface HubPublisherSettings {
  /** The Redis that the gateway's instances share. */
  readonly redisUrl: string | null;
  /** One gateway's `POST /hub/publish`, with a token for it. */
  readonly publishUrl: string | null;
  readonly publishToken: string | null;
  /** False where nothing will be published: a missing way to the hub is then not logged. */
  readonly isNeeded: boolean;
}

export interface HubPublisher {
  readonly publisher: Pick<Publisher, "publish">;
  close(): Promise<void>;
}

/**
 * Publishes to the gateway's hub: through Redis, or by HTTP to one of its instances. If neither is configured, every publication
 * is refused with `store_unavailable`, and the log says so once.
 */
export async function openHubPublisher(
  { redisUrl, publishUrl, publishToken, isNeeded }: HubPublisherSettings,
  logger: Logger,
): Promise<HubPublisher> {
  if (redisUrl !== null) {
    const onError = (error: unknown): void => logger.warn({ err: error }, "the hub's broker");
    const broker = await openRedisBroker({ url: redisUrl, onError });
    return { publisher: createBrokerPublisher(broker), close: () => broker.close() };
  }
  if (publishUrl !== null && publishToken !== null) {
    const credentials = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${publishToken}` });
    const publisher = createHttpPublisher({ url: publishUrl, credentials });
    return { publisher, close: () => Promise.resolve() };
  }
  if (isNeeded)
    logger.warn(
      "recovery messages cannot be delivered: set REDIS_URL, or HUB_PUBLISH_URL and HUB_PUBLISH_TOKEN",
    );
  const refuse = (): Promise<never> =>
    Promise.reject(new CartwayError("store_unavailable", { internal: "there is no way to the hub" }));
  return { publisher: { publish: refuse }, close: () => Promise.resolve() };
}
