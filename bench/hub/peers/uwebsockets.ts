import { join } from "node:path";
import type { HubPeer } from "../peer.ts";
import { plainWire, publishPlainly } from "./plain-wire.ts";

const { UWS_DIR, USOCKETS_DIR } = process.env;

/**
 * https://github.com/uNetworking/uWebSockets, compiled from checkouts of it and of uSockets: what uWebSockets.js binds to Node,
 * without Node. No limits, ids, metrics, history or services; the floor of what a publication costs anywhere.
 */
export const uwebsockets: HubPeer = {
  name: "uWebSockets (C++)",
  missing() {
    if (UWS_DIR === undefined || USOCKETS_DIR === undefined)
      return "name checkouts of uNetworking/uWebSockets and uNetworking/uSockets in UWS_DIR and USOCKETS_DIR";
    return Bun.which("g++") === null ? "install g++" : null;
  },
  async prepare({ port, directory }) {
    const program = join(directory, "uws-server");
    await compile(program);
    return [program, String(port)];
  },
  publish: publishPlainly,
  wire: plainWire,
};

async function compile(program: string): Promise<void> {
  const source = join(import.meta.dir, "uwebsockets-server.cpp");
  const flags = "-O2 -DUWS_NO_ZLIB -DLIBUS_NO_SSL -I$UWS_DIR/src -I$USOCKETS_DIR/src";
  const script = `cd "$(dirname "$PROGRAM")" && gcc ${flags} -c $USOCKETS_DIR/src/*.c $USOCKETS_DIR/src/eventing/*.c &&
    g++ -std=c++20 ${flags} "$SOURCE" *.o -o "$PROGRAM"`;
  const child = Bun.spawn(["sh", "-c", script], {
    env: { ...process.env, PROGRAM: program, SOURCE: source },
    stdout: "ignore",
    stderr: "pipe",
  });
  if ((await child.exited) !== 0)
    throw new Error(`uWebSockets did not compile: ${await new Response(child.stderr).text()}`);
}
