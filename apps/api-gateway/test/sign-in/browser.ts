import { createHash } from "node:crypto";

/** A minimal browser: stores cookies by host and does not follow redirects by itself. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async get(url: string): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";", 1)[0] ?? "").split(/=(.*)/s);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects until a location begins with this, which it returns without requesting it. */
  async follow(location: string, place: string): Promise<string> {
    let url = location;
    for (let hop = 0; hop < 10; hop += 1) {
      if (url.startsWith(place)) return url;
      const response = await this.get(url);
      url = new URL(response.headers.get("location") ?? "", url).href;
    }
    throw new Error(`the redirects never came to ${place}`);
  }
}

/** The challenge of a verifier by S256 (RFC 7636, 4.2). */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
