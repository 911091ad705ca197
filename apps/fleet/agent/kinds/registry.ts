import { collectLogs } from "./collect-logs.ts";
import type { CommandHandler } from "./command-handler.ts";
import { reboot } from "./reboot.ts";
import { restartService } from "./restart-service.ts";
import { runCheck } from "./run-check.ts";
import { updateConfig } from "./update-config.ts";

/** The handlers of this agent, by kind and version. */
export const commandHandlers: Readonly<Record<string, CommandHandler>> = {
  "run_check 1": runCheck,
  "collect_logs 1": collectLogs,
  "restart_service 1": restartService,
  "update_config 1": updateConfig,
  "reboot 1": reboot,
};
