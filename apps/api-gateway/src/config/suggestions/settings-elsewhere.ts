const port = "the option --port or the variable PORT";
const host = "the variable HOST";
const log = "the variable LOG_LEVEL, or server.accessLog";
const admin = "the variables ADMIN_PORT and ADMIN_HOST";

/** Settings that other products have in their config and this gateway in its command line and environment, by JSON Pointer. */
const settings: Readonly<Record<string, string>> = {
  "/admin": admin,
  "/database": "the variable DATABASE_URL",
  "/host": host,
  "/listen": port,
  "/listeners": port,
  "/log": log,
  "/logging": log,
  "/port": port,
  "/redis": "the variable REDIS_URL",
  "/server/address": host,
  "/server/admin": admin,
  "/server/bind": host,
  "/server/host": host,
  "/server/listen": port,
  "/server/logLevel": log,
  "/server/port": port,
  "/server/workers": "the option --workers or the variable WORKERS",
  "/workers": "the option --workers or the variable WORKERS",
};

/** The option or variable of a setting that is not part of the config; `undefined` for others. */
export function settingElsewhere(path: string): string | undefined {
  return Object.hasOwn(settings, path) ? settings[path] : undefined;
}
