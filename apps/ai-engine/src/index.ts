export { type AiEngineConfig, type AiEngineDeps, createAiEngine } from "./create-ai-engine.ts";
export { aiEngineEnvironment, openProviders, providerTimes } from "./environment.ts";
