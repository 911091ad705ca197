import { describe, expect, test } from "bun:test";
import type { NetworkPolicyIngressRule } from "kubernetes-types/networking/v1";
import { appOf, containerOf, environmentOf, readManifests, selects } from "./kubernetes-manifests.ts";

const manifests = await readManifests();
const { deployments, policies } = manifests;

/** By `<APP>_URL` of the environment, and for the gateway by the services of its config. */
const calls = deployments.flatMap((deployment) => {
  const from = deployment.metadata?.name ?? "";
  const others = deployments.filter((one) => one !== deployment);
  const asked = Object.values(environmentOf(deployment, manifests, {})).flatMap((value) => {
    const host = URL.parse(value)?.hostname;
    return others.filter(({ metadata }) => metadata?.name === host);
  });
  const called = appOf(deployment) === "api-gateway" ? others : asked;
  return called.map((target) => ({ from, to: target.metadata?.name ?? "", target, deployment }));
});

const labelsOf = (deployment: (typeof deployments)[number]) => deployment.spec?.template.metadata?.labels;
const portOf = (deployment: (typeof deployments)[number]) =>
  containerOf(deployment).ports?.[0]?.containerPort ?? 0;

/** The rules, in one direction, of every policy that selects the pod. */
function rulesOf(pod: (typeof deployments)[number], way: "ingress" | "egress") {
  return policies
    .filter(({ spec }) => selects(spec?.podSelector?.matchLabels, labelsOf(pod)))
    .flatMap(({ spec }) => {
      const rules = way === "ingress" ? spec?.ingress : spec?.egress;
      return (rules ?? []).map((rule) => ({
        peers: "from" in rule ? rule.from : "to" in rule ? rule.to : undefined,
        ports: (rule.ports ?? []).map(({ port }) => port),
      }));
    });
}

type Peers = NetworkPolicyIngressRule["from"];

const isPodOf = (peers: Peers, pod: (typeof deployments)[number]): boolean =>
  (peers ?? []).some(
    ({ podSelector, namespaceSelector }) =>
      podSelector !== undefined &&
      namespaceSelector === undefined &&
      selects(podSelector.matchLabels, labelsOf(pod)),
  );

describe("the network policies", () => {
  test("are about every pod, both ways: what none of them names does not pass", () => {
    const everybody = policies.find(
      ({ spec }) => Object.keys(spec?.podSelector ?? { none: true }).length === 0,
    );
    expect(everybody?.spec?.policyTypes).toEqual(["Ingress", "Egress"]);
    for (const { spec } of policies) expect(spec?.policyTypes).toEqual(["Ingress", "Egress"]);
  });

  test.each(calls)("let $from call $to, at the port that it listens on", ({ deployment, target }) => {
    const port = portOf(target);
    const leaves = rulesOf(deployment, "egress").some(
      ({ peers, ports }) => isPodOf(peers, target) && ports.includes(port),
    );
    const enters = rulesOf(target, "ingress").some(
      ({ peers, ports }) => isPodOf(peers, deployment) && ports.includes(port),
    );
    expect({ leaves, enters }).toEqual({ leaves: true, enters: true });
  });

  test("let nobody call an app that does not", () => {
    for (const target of deployments) {
      const admitted = deployments
        .filter((one) => rulesOf(target, "ingress").some(({ peers }) => isPodOf(peers, one)))
        .map(({ metadata }) => metadata?.name ?? "");
      const callers = calls.filter((call) => call.target === target).map(({ from }) => from);
      expect([target.metadata?.name, admitted.toSorted()]).toEqual([
        target.metadata?.name,
        callers.toSorted(),
      ]);
    }
  });

  test("open the gateway to everybody, and no other app", () => {
    const open = deployments.filter((one) =>
      rulesOf(one, "ingress").some(({ peers }) => peers === undefined),
    );
    expect(open.map(({ metadata }) => metadata?.name)).toEqual(["gateway"]);
  });

  test("let each app reach the stores that it is given, and no others", () => {
    const ports: Readonly<Record<string, number>> = {
      DATABASE_URL: 5432,
      CLICKHOUSE_URL: 8123,
      REDIS_URL: 6379,
    };
    for (const deployment of deployments) {
      const names = (containerOf(deployment).env ?? []).map(({ name }) => name);
      const wanted = Object.entries(ports)
        .filter(([name]) => names.includes(name))
        .map(([, port]) => port);
      const anywhere = rulesOf(deployment, "egress").filter(({ peers }) => peers === undefined);
      const opened = anywhere
        .flatMap((rule) => rule.ports)
        .filter((port) => Object.values(ports).includes(Number(port)));
      const app = deployment.metadata?.name;
      expect([app, opened.map(Number).toSorted((a, b) => a - b)]).toEqual([
        app,
        wanted.toSorted((a, b) => a - b),
      ]);
    }
  });
});
