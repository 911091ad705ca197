export {
  createIngestion,
  type Ingestion,
  type IngestionConfig,
  type IngestionDeps,
} from "./create-ingestion.ts";
export { ingestionEnvironment } from "./environment.ts";
export { createRecoveryServices, type RecoveryServices } from "./recovery/recovery-services.ts";
