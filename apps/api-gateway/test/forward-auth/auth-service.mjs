// A service that knows callers by a session's cookie and answers as Authelia, oauth2-proxy and Ory Oathkeeper do, by their documentation.
// Run by Node: `node auth-service.mjs` prints its port.
import { createServer } from "node:http";

const sessions = new Map([
  ["ada", { user: "ada", groups: ["admins", "dev"], email: "ada@shop.test" }],
  ["bob", { user: "bob", groups: [], email: "bob@shop.test" }],
]);

const sessionOf = ({ headers }) => {
  const match = /(?:^|;\s*)session=([^;]+)/.exec(headers.cookie ?? "");
  return match === null ? undefined : sessions.get(match[1]);
};

/** `/api/authz/forward-auth`: the four headers are required, and a browser is sent to the portal. */
function forwardAuth(request, response) {
  const { headers } = request;
  const method = headers["x-forwarded-method"];
  const { "x-forwarded-proto": proto, "x-forwarded-host": host, "x-forwarded-uri": uri } = headers;
  if (!method || !proto || !host || !uri) return response.writeHead(400).end();
  autheliaVerdict(request, response, { method, url: new URL(`${proto}://${host}${uri}`) });
}

/** `/api/authz/auth-request`, nginx's: never a redirection. */
function authRequest(request, response) {
  const { "x-original-url": url, "x-original-method": method } = request.headers;
  if (!url || !method) return response.writeHead(400).end();
  const session = sessionOf(request);
  if (session === undefined)
    return response.writeHead(401, { "www-authenticate": 'Basic realm="Authorization Required"' }).end();
  letIn(response, session, new URL(url).href);
}

function autheliaVerdict(request, response, { method, url }) {
  const session = sessionOf(request);
  if (session !== undefined) {
    if (url.pathname.startsWith("/admin") && !session.groups.includes("admins"))
      return response.writeHead(403).end("403 Forbidden");
    return letIn(response, session, url.href);
  }
  const { accept = "", "x-requested-with": xhr } = request.headers;
  const isPage = accept.includes("text/html") && xhr !== "XMLHttpRequest";
  const location = `https://auth.shop.test/?rd=${encodeURIComponent(url.href)}&rm=${method}`;
  const status = !isPage ? 401 : ["GET", "HEAD", "OPTIONS"].includes(method) ? 302 : 303;
  const cookie = "authelia_session=fresh; HttpOnly; Secure; SameSite=Lax";
  response.writeHead(status, { location, "set-cookie": cookie, "content-type": "text/html; charset=utf-8" });
  response.end(`<a href="${location.replaceAll("&", "&amp;")}">${status}</a>`);
}

function letIn(response, { user, groups, email }, seen) {
  response.writeHead(200, {
    "remote-user": user,
    "remote-groups": groups.join(","),
    "remote-name": Buffer.from(`${user} Łovelace`).toString("latin1"),
    "remote-email": email,
    "x-seen-url": seen,
  });
  response.end();
}

/** `/oauth2/auth`: 202 or 401, and a cookie whenever the session is refreshed. */
function oauth2Proxy(request, response) {
  const session = sessionOf(request);
  if (session === undefined) return response.writeHead(401).end("Unauthorized\n");
  response.writeHead(202, {
    "x-auth-request-user": session.user,
    "x-auth-request-groups": session.groups.join(","),
    "x-auth-request-email": session.email,
    "x-auth-request-access-token": `token-of-${session.user}`,
    "set-cookie": ["_oauth2_proxy_0=a; Path=/; HttpOnly", "_oauth2_proxy_1=b; Path=/; HttpOnly"],
  });
  response.end();
}

/** `/decisions/<path>`: method, host and path are the request's own; the answer changes headers for the service behind. */
function oathkeeper(request, response) {
  const session = sessionOf(request);
  if (session === undefined)
    return response.writeHead(401, { "content-type": "application/json" }).end('{"error":{"code":401}}');
  if (request.method !== "GET" && !session.groups.includes("admins")) return response.writeHead(403).end();
  const seen = `${request.method} ${request.headers.host} ${request.url.slice("/decisions".length)}`;
  response.writeHead(200, {
    authorization: `Bearer id-token-of-${session.user}`,
    "x-user": session.user,
    "x-seen": seen,
  });
  response.end();
}

const handlers = {
  "/api/authz/forward-auth": forwardAuth,
  "/api/authz/auth-request": authRequest,
  "/oauth2/auth": oauth2Proxy,
};

const server = createServer((request, response) => {
  if (request.url.startsWith("/decisions/")) return oathkeeper(request, response);
  const handle = handlers[request.url];
  if (handle === undefined) return response.writeHead(404).end();
  handle(request, response);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
