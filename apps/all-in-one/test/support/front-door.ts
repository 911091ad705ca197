import { customerToken } from "@apps/fleet";
import { createEventLog, customerSecret, type EventLog, pick } from "@libs/testing";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface FleetSocket {
  readonly frames: EventLog<Readonly<Record<string, unknown>>>;
  /** The close code. */
  readonly closed: Promise<number>;
  /** Sends a frame and resolves with its one ack or error. */
  ask(type: string, payload: object): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

export interface FleetDevice {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

/** The fleet as its customers and devices meet it: through the gateway at `url`. */
export interface FrontDoor {
  call(
    token: string | null,
    method: "GET" | "POST",
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  open(path: string, token: string): Promise<FleetSocket>;
  /** Provisioned, registered and logged in. */
  addDevice(customerToken: string): Promise<FleetDevice>;
  /** A session as the customer gets it. */
  openSession(customerToken: string, deviceId: string, fields?: object): Promise<unknown>;
}

export const risky = { kind: "restart_service", parameters: { service: "till" } } as const;
export const safe = { kind: "run_check", parameters: { check: "disk" } } as const;

/** A token of a person of a customer, as their identity provider would give it. */
export function tokenOf(customerId: string, userId: string): string {
  const issuedAtMs = Date.now();
  const expiresAtMs = issuedAtMs + 3_600_000;
  return customerToken({ secret: customerSecret, customerId, userId, issuedAtMs, expiresAtMs });
}

export function frontDoor(url: string): FrontDoor {
  const call: FrontDoor["call"] = async (token, method, path, body, headers = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  return {
    call,
    async open(path, token) {
      const frames = createEventLog<Readonly<Record<string, unknown>>>();
      const closed = Promise.withResolvers<number>();
      const socket = new WebSocket(url.replace("http", "ws") + path, ["cartway.v1", `bearer.${token}`]);
      socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
      socket.addEventListener("close", ({ code }) => closed.resolve(code));
      await frames.find((frame) => frame["type"] === "welcome");
      return {
        frames,
        closed: closed.promise,
        ask(type, payload) {
          const id = crypto.randomUUID();
          socket.send(JSON.stringify({ type, id, payload }));
          return frames.find((frame) => frame["id"] === id);
        },
        close: () => socket.close(),
      };
    },
    async addDevice(customer) {
      const provisioned = await call(customer, "POST", "/customer/devices/provision", { name: "Kiosk" });
      const activationCode = pick(provisioned.body, "activationCode");
      const registered = await call(null, "POST", "/device/register", { activationCode });
      const id = String(pick(registered.body, "deviceId"));
      const secret = String(pick(registered.body, "secret"));
      const login = await call(null, "POST", "/device/auth", { deviceId: id, secret });
      return { id, secret, token: String(pick(login.body, "token")) };
    },
    async openSession(customer, deviceId, fields = {}) {
      const request = { deviceId, reason: "the till hangs", commands: [safe], ...fields };
      const answer = await call(customer, "POST", "/customer/sessions", request);
      if (answer.status !== 200) throw new Error(`no session: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
  };
}
