// The service of the public HTTP cache test suite, by itself: prints the port that it took.
import http from "node:http";
import handleConfig from "./fixtures/test-engine/server/handle-config.mjs";
import handleState from "./fixtures/test-engine/server/handle-state.mjs";
import handleTest from "./fixtures/test-engine/server/handle-test.mjs";

const handlers = { config: handleConfig, test: handleTest, state: handleState };
const server = http.createServer((request, response) => {
  const [, name, ...segments] = new URL(request.url, "http://localhost").pathname.split("/");
  const handle = handlers[name];
  if (handle === undefined) response.writeHead(404).end();
  else handle(segments, request, response);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
