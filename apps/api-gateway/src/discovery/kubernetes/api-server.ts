import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "@libs/errors";
import { get } from "../get-json.ts";

export interface ApiServerConfig {
  readonly url: string;
  readonly serviceAccountDirectory: string;
  readonly namespace?: string | undefined;
}

/** The Kubernetes API with a pod's service account. */
export class ApiServer {
  readonly #config: ApiServerConfig;

  constructor(config: ApiServerConfig) {
    this.#config = config;
  }

  /**
   * EndpointSlices of a namespace. Token and authority are read for every request: the one is replaced every hour, the other
   * with the cluster's certificates. @throws ProviderError for any status but 2xx.
   */
  async endpointSlices(query: URLSearchParams, signal: AbortSignal): Promise<Response> {
    const { url } = this.#config;
    const namespace = this.#config.namespace ?? (await this.#read("namespace"));
    const { headers, ...trusted } = url.startsWith("https:") ? await this.#account() : await this.#proxied();
    const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
    return await get(`${url}${path}?${query.toString()}`, {
      headers: { ...headers, accept: "application/json" },
      signal,
      ...trusted,
    });
  }

  async #account() {
    const token = await this.#read("token");
    return { headers: bearing(token), ca: await this.#read("ca.crt") };
  }

  /** Over plain HTTP, as to a `kubectl proxy` on the same machine, there may be nobody to authenticate, and no account. */
  async #proxied() {
    try {
      return { headers: bearing(await this.#read("token")) };
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT")) return { headers: {} };
      throw thrown;
    }
  }

  async #read(name: string): Promise<string> {
    const text = await readFile(join(this.#config.serviceAccountDirectory, name), "utf8");
    return text.trim();
  }
}

function bearing(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}
