import { afterAll, afterEach } from "bun:test";
import { createEventLog } from "@libs/testing";
import { type Cartway, type CartwayOptions, type CartwayState, createCartway } from "../src/index.ts";
import { startScriptedHub } from "./scripted-hub.ts";

/** A scripted hub for the tests of one file, and its clients, which are closed after each test. */
export function startClients() {
  const hub = startScriptedHub();
  const open: Cartway[] = [];
  afterAll(() => hub.stop());
  afterEach(() => {
    hub.welcome({});
    for (const client of open.splice(0)) client.close();
  });

  function create(options: Partial<CartwayOptions> = {}) {
    const states = createEventLog<CartwayState>();
    const client = createCartway({ url: hub.url, backoffMaxMs: 20, onState: states.push, ...options });
    open.push(client);
    return { client, states };
  }

  async function connected(options: Partial<CartwayOptions> = {}) {
    const { client, states } = create(options);
    const connection = await hub.connections.next();
    await states.find((state) => state.connection.status === "open");
    return { client, states, connection };
  }

  return { hub, create, connected };
}
