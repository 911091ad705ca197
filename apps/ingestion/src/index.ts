export {
  createIngestion,
  type Ingestion,
  type IngestionConfig,
  type IngestionDeps,
} from "./create-ingestion.ts";
export { cartSettings } from "./cart-settings.ts";
export { ingestionEnvironment } from "./environment.ts";
export { createRecoveryServices, type RecoveryServices } from "./recovery/recovery-services.ts";
