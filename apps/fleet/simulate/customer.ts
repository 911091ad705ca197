import { customerToken } from "../src/cli/customer-token.ts";

export interface CustomerOptions {
  readonly url: string;
  readonly secret: string;
  readonly customerId: string;
  /** Users of the customer whose tokens are used in turn: the gateway limits each user. */
  readonly people: number;
}

/** A customer that calls the fleet through the gateway. */
export class Customer {
  readonly #url: string;
  readonly #tokens: readonly string[];
  #calls = 0;

  constructor({ url, secret, customerId, people }: CustomerOptions) {
    this.#url = `${url.replace(/\/$/, "")}/api/v1/customer`;
    const issuedAtMs = Date.now();
    const life = { issuedAtMs, expiresAtMs: issuedAtMs + 12 * 3_600_000 };
    this.#tokens = Array.from({ length: people }, (_, index) =>
      customerToken({ secret, customerId, userId: `operator-${index}`, ...life }),
    );
  }

  async provision(name: string): Promise<string> {
    const answer = await this.#post("/devices/provision", { name });
    return (answer as { activationCode: string }).activationCode;
  }

  /** @returns the id of its one command */
  async ask(deviceId: string): Promise<string> {
    const commands = [{ kind: "run_check", parameters: { check: "load" }, deadlineMs: 600_000 }];
    const answer = await this.#post("/sessions", { deviceId, reason: "simulation", commands });
    return (answer as { commands: { id: string }[] }).commands[0]?.id ?? "";
  }

  async #post(path: string, body: object): Promise<unknown> {
    this.#calls += 1;
    const token = this.#tokens[this.#calls % this.#tokens.length] ?? "";
    const response = await fetch(this.#url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return await response.json();
    throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  }
}
