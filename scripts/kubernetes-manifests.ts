/** The manifests of `deploy/kubernetes/base`, as kustomize combines them. */
import { join } from "node:path";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Container, Service } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";

export const base = join(import.meta.dir, "../deploy/kubernetes/base");

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly namespace: string;
  readonly labels: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly configMapGenerator: readonly {
    readonly name: string;
    readonly files?: readonly string[];
    readonly literals?: readonly string[];
  }[];
}

export interface Manifests {
  readonly kustomization: Kustomization;
  readonly all: readonly Manifest[];
  readonly deployments: readonly Deployment[];
  readonly services: readonly Service[];
  readonly policies: readonly NetworkPolicy[];
}

export async function readManifests(): Promise<Manifests> {
  const kustomization = (await readYaml("kustomization.yaml"))[0] as Kustomization;
  const files = await Promise.all(kustomization.resources.map(readYaml));
  const all = files.flat() as Manifest[];
  return {
    kustomization,
    all,
    // `kubernetes-fields.test.ts` checks that each has its kind's type
    deployments: ofKind(all, "Deployment") as readonly Deployment[],
    services: ofKind(all, "Service") as readonly Service[],
    policies: ofKind(all, "NetworkPolicy") as readonly NetworkPolicy[],
  };
}

function ofKind(all: readonly Manifest[], kind: string): readonly unknown[] {
  return all.filter((one) => one.kind === kind);
}

async function readYaml(file: string): Promise<readonly unknown[]> {
  const tree: unknown = Bun.YAML.parse(await Bun.file(join(base, file)).text());
  return Array.isArray(tree) ? tree : [tree];
}

export function containerOf(deployment: Deployment): Container {
  const [container, ...others] = deployment.spec?.template.spec?.containers ?? [];
  if (container === undefined || others.length > 0) throw new Error("one container a pod");
  return container;
}

/** The image runs `apps/<app>/dist/main.js`. */
export function appOf(deployment: Deployment): string {
  const [path = ""] = containerOf(deployment).args ?? [];
  return /^apps\/([^/]+)\/dist\/main\.js$/.exec(path)?.[1] ?? "";
}

/** The container's environment; a variable from a secret has the value of `secrets` under its key. */
export function environmentOf(
  deployment: Deployment,
  { kustomization }: Manifests,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { env = [], envFrom = [] } = containerOf(deployment);
  const maps = envFrom.map((one) => one.configMapRef?.name);
  const shared = kustomization.configMapGenerator
    .filter(({ name }) => maps.includes(name))
    .flatMap(({ literals = [] }) => literals.map((one) => one.split(/=(.*)/s, 2)));
  const own = env.map(({ name, value, valueFrom }) => [
    name,
    value ?? secrets[valueFrom?.secretKeyRef?.key ?? ""] ?? "",
  ]);
  return Object.fromEntries([...shared, ...own]) as Record<string, string>;
}

/** Whether all labels of a selector are on the other. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(selector ?? {}).every(([name, value]) => labels?.[name] === value);
}
