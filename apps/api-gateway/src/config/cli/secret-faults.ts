import { messageOf } from "@libs/errors";
import { createOfflineSnapshot } from "../../explain/offline-snapshot.ts";
import { readTls } from "../../listener/read-tls.ts";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { GatewayConfig } from "../schema.ts";
import { resolveSecret, type SecretSources } from "../secrets.ts";
import { unavailableSecrets } from "../unavailable-secrets.ts";

/**
 * What a gateway would refuse at its start although the config is valid: keys that do not fit their certificates, secrets that are too short
 * and the like. Only what can be read here is judged; nothing is connected to.
 */
export async function secretFaults(config: GatewayConfig, sources: SecretSources): Promise<ConfigIssue[]> {
  return [...faultsOfListener(config.server, sources), ...(await faultsOfSnapshot(config, sources))];
}

function faultsOfListener({ tls }: GatewayConfig["server"], sources: SecretSources): ConfigIssue[] {
  if (tls === undefined || unavailableSecrets(tls, sources).length > 0) return [];
  try {
    readTls(tls, (reference) => resolveSecret(reference, sources));
    return [];
  } catch (thrown) {
    return [{ path: "/server/tls", message: messageOf(thrown) }];
  }
}

async function faultsOfSnapshot(config: GatewayConfig, sources: SecretSources): Promise<ConfigIssue[]> {
  const parts = { services: config.services, routes: config.routes };
  try {
    const { snapshot, unusable } = createOfflineSnapshot(config, sources.env);
    await snapshot.retire();
    return unusable.flatMap(({ identity, reason }) => {
      const path = `/identity/${identity}`;
      const isJudged = unavailableSecrets(config.identity[identity], sources).length === 0;
      return isJudged ? [{ path, message: reason }] : [];
    });
  } catch (thrown) {
    return unavailableSecrets(parts, sources).length > 0 ? [] : [{ path: "", message: messageOf(thrown) }];
  }
}
