import { createTestKey, type TestKey } from "@libs/auth/testing";

/** An identity server on a real socket: discovery, keys and introspection, each of which can be made to fail. */
export class IdentityServer {
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  keys: TestKey[] = [createTestKey("k1", "RS256")];
  /** Further fields of the discovery document. */
  discovery: Readonly<Record<string, unknown>> = {};
  /** Answers of the introspection endpoint by token. */
  readonly tokens = new Map<string, Readonly<Record<string, unknown>>>();
  readonly requests: string[] = [];
  readonly authorizations: (string | null)[] = [];
  down = false;
  /** Replaces the answers of paths for which it returns something. */
  answer: ((path: string) => Response | null) | null = null;

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  count(path: string): number {
    return this.requests.filter((requested) => requested === path).length;
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.requests.push(pathname);
    if (this.down) return new Response("down", { status: 503 });
    const instead = this.answer?.(pathname) ?? null;
    if (instead !== null) return instead;
    if (pathname === "/jwks") return Response.json({ keys: this.keys.map((key) => key.jwk) });
    if (pathname === "/introspect") {
      this.authorizations.push(request.headers.get("authorization"));
      const token = new URLSearchParams(await request.text()).get("token") ?? "";
      return Response.json(this.tokens.get(token) ?? { active: false });
    }
    return Response.json({ issuer: this.url, jwks_uri: `${this.url}/jwks`, ...this.discovery });
  }
}
