// The service of the public HTTP cache test suite, by itself: prints the port that it took.
import http from "node:http";
import { join } from "node:path";

const engine = join(process.env.HTTP_CACHE_TESTS_DIR, "test-engine/server");
const load = async (name) => (await import(join(engine, `${name}.mjs`))).default;
const [handleConfig, handleState, handleTest] = await Promise.all(
  ["handle-config", "handle-state", "handle-test"].map(load),
);

const handlers = { config: handleConfig, test: handleTest, state: handleState };
const server = http.createServer((request, response) => {
  const [, name, ...segments] = new URL(request.url, "http://localhost").pathname.split("/");
  const handle = handlers[name];
  if (handle === undefined) response.writeHead(404).end();
  else handle(segments, request, response);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
