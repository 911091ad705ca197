import { readFile } from "node:fs/promises";
import { join } from "node:path";
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
    const token = await this.#read("token");
    // Over plain HTTP, as to a `kubectl proxy` on the same machine, there is nobody to authenticate.
    const trusted = url.startsWith("https:") ? { ca: await this.#read("ca.crt") } : {};
    const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
    return await get(`${url}${path}?${query.toString()}`, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      signal,
      ...trusted,
    });
  }

  async #read(name: string): Promise<string> {
    const text = await readFile(join(this.#config.serviceAccountDirectory, name), "utf8");
    return text.trim();
  }
}
