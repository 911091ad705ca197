import { join } from "node:path";
import { haproxyFront } from "../haproxy-front.ts";
import type { Place } from "../measure.ts";
import type { AccessJob } from "./access-job.ts";
import type { AccessPeer } from "./access-peer.ts";

/** One thread. It verifies every token again: HAProxy cannot cache verified tokens. */
export const haproxyAccess: AccessPeer = {
  name: "HAProxy",
  missing: () => (Bun.which("haproxy") === null ? "apt-get install haproxy" : null),
  async prepare(job, place) {
    const file = join(place.directory, "haproxy.cfg");
    await Bun.write(file, await haproxyConfig(job, place));
    return ["haproxy", "-db", "-f", file];
  },
};

async function haproxyConfig(job: AccessJob, { upstreamPort, port }: Place): Promise<string> {
  const { algorithm, issuer, audience, keyFile, limit } = job;
  const key = algorithm === "HS256" ? await Bun.file(keyFile).text() : keyFile;
  return `${haproxyFront(port)}
  http-request set-var(txn.bearer) http_auth_bearer
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_header_query('$.alg') -m str ${algorithm} }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify("${algorithm}","${key}") -m int 1 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.iss') -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_payload_query('$.aud') -m str ${audience} }
  http-request set-var(txn.expiry) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.expiry),sub(txn.now) -m int gt 0 }
  http-request set-var(txn.user) var(txn.bearer),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.user) table users
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${limit.requests} }
  http-request set-header x-user-id %[var(txn.user)]
  http-request del-header authorization
  default_backend upstream
backend users
  stick-table type string len 64 size 100k expire ${2 * limit.windowMs}ms store http_req_rate(${limit.windowMs}ms)
backend upstream
  server one 127.0.0.1:${upstreamPort} pool-max-conn 1024
`;
}
