export type { App, AppAddress, AppServer, AppWebSocketHandler, Handle } from "./app.ts";
export { createElysiaServer, type ElysiaServer } from "./elysia-server.ts";
export {
  defineEnvironment,
  type EnvironmentOf,
  type EnvironmentSchema,
  type EnvironmentVariable,
} from "./environment/environment-schema.ts";
export {
  EnvironmentError,
  type EnvironmentProblem,
  readEnvironment,
} from "./environment/read-environment.ts";
export { requireEnvironment } from "./environment/require-environment.ts";
export { serverEnvironment } from "./environment/server-environment.ts";
export { createAnswerError, type AnswerError } from "./http/answer-error.ts";
export type { CorsOptions } from "./http/cors.ts";
export { clientCertificateOf } from "./http/client-certificate.ts";
export { declaredLength } from "./http/declared-length.ts";
export { guardRequest } from "./http/guard-request.ts";
export { parseJson } from "./http/parse-json.ts";
export { readBody } from "./http/read-body.ts";
export type { DirectRoute } from "./http/direct-routes.ts";
export { createRequestMetrics, type RequestMetrics } from "./http/request-metrics.ts";
export { requestIdHeader, requestIdOf } from "./http/request-id.ts";
export type { ServedRequest } from "./http/request-scope.ts";
export { type RecurringWork, startBackground } from "./lifecycle/background.ts";
export { type DrainOptions, drainDefaults } from "./lifecycle/drain.ts";
export { listenOnSockets } from "./listeners/listen-on-sockets.ts";
export { type OpenService, openService, type ServiceOptions } from "./lifecycle/open-service.ts";
export { openTracer, type OpenTracerOptions } from "./lifecycle/open-tracer.ts";
export { runUntilSignal } from "./lifecycle/run-until-signal.ts";
export { startProcess, ReportedFailure } from "./lifecycle/start-failure.ts";
export { within } from "./lifecycle/within.ts";
export { describedAnswers } from "./operations/described-answers.ts";
export type { DocsPaths } from "./operations/describe-routes.ts";
export type { Store, StoreHealth } from "./operations/readiness.ts";
export { type PortSharing, type ServerConfig, serverSettings } from "./server-config.ts";
export type { TlsCertificate, TlsRedirect, TlsSettings } from "./tls-settings.ts";
export type { ElysiaServerOptions, Front, WebSocketOptions } from "./server-options.ts";
