import type { Wire } from "../peer.ts";

/** For servers that only acknowledge and publish: every connection is in the one room. */
export const plainWire: Wire = {
  path: "/ws",
  greet(socket, done) {
    socket.addEventListener("open", done);
    return () => undefined;
  },
  event: (number, payload) => `{"type":"cart_event","id":"e-${number}","payload":${payload}}`,
  isAck: (data) => data.startsWith('{"type":"ack"'),
  isTick: (data) => data.startsWith('{"type":"tick"'),
};

export async function publishPlainly(port: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/publish`);
}
