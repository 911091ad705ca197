// The minimum on Bun alone for the same work: acknowledge each event, and publish to all on request.
const [port] = process.argv.slice(2);
const tick = JSON.stringify({ type: "tick", payload: { at: Date.now() } });

const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  fetch(request, listener) {
    if (request.url.endsWith("/publish")) listener.publish("all", tick);
    else if (listener.upgrade(request)) return undefined;
    return new Response("ok");
  },
  websocket: {
    open(socket) {
      socket.subscribe("all");
    },
    message(socket, text) {
      const frame: { id: string } = JSON.parse(String(text));
      socket.send(JSON.stringify({ type: "ack", id: frame.id }));
    },
  },
});
process.on("SIGTERM", () => void server.stop(true).then(() => process.exit(0)));
