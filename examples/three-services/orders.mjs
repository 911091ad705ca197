// A service in Node: orders as JSON, and their news as Server-Sent Events. Start: PORT=8081 node orders.mjs
import { createServer } from "node:http";

const orders = new Map([["1", { id: "1", status: "paid", totalMinor: 1999 }]]);

createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://orders");
  if (pathname === "/healthz") return response.end("well");
  if (pathname === "/news") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let told = 0;
    const timer = setInterval(() => {
      told += 1;
      response.write(`data: order ${told}\n\n`);
      if (told === 3) response.end();
    }, 50);
    return request.on("close", () => clearInterval(timer));
  }
  const id = pathname.slice("/orders/".length);
  if (request.method === "PUT") return store(request, response, id);
  const order = orders.get(id);
  response.writeHead(order === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(order ?? { problem: "no such order" }));
}).listen(Number(process.env.PORT ?? 8081), "127.0.0.1");

function store(request, response, id) {
  let body = "";
  request.on("data", (part) => {
    body += part;
  });
  request.on("end", () => {
    orders.set(id, JSON.parse(body));
    // Who the gateway says is asking: nobody outside can set these.
    const seen = {
      stored: id,
      client: request.headers["x-forwarded-for"],
      requestId: request.headers["x-request-id"],
    };
    response.writeHead(201, { "content-type": "application/json" });
    response.end(JSON.stringify(seen));
  });
}
