/** The manifests of examples/deploy/kubernetes.yaml: their names agree with each other and with the server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { serveSettings } from "../packages/cli/src/serve-settings.ts";
import { openApi } from "../packages/server/src/description/openapi.ts";

/** The parts of the manifests that are looked at. */
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly enableServiceLinks?: boolean;
        readonly volumes: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
        readonly containers: readonly (Record<"startupProbe" | "readinessProbe" | "livenessProbe", Probe> & {
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
          readonly env: readonly { readonly name: string; readonly value: string }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        })[];
      };
    };
  };
}

describe("the manifests for Kubernetes", () => {
  const text = readFileSync(new URL("deploy/kubernetes.yaml", import.meta.url), "utf8");
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
  const [deployment, service] = documents.map((document) => document.toJS() as Manifest);
  const pod = deployment?.spec.template ?? assert.fail("There is no deployment.");
  const [container = assert.fail("There is no container.")] = pod.spec.containers;
  const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

  test("are two documents of YAML without errors, whose names agree", () => {
    for (const { errors, warnings } of documents as { errors: unknown[]; warnings: unknown[] }[])
      assert.deepEqual([...errors, ...warnings], []);
    assert.deepEqual([deployment?.kind, service?.kind, documents.length], ["Deployment", "Service", 2]);
    assert.deepEqual(deployment?.spec.selector.matchLabels, pod.metadata.labels);
    assert.deepEqual(service?.spec.selector, pod.metadata.labels);
    assert.deepEqual(
      service?.spec.ports.map(({ targetPort }) => targetPort),
      container.ports.map(({ name }) => name),
    );
    const [mount] = container.volumeMounts;
    const [volume] = pod.spec.volumes;
    assert.equal(mount?.name, volume?.name);
    assert.equal(environment["LENITY_KEYS_FILE"], `${mount?.mountPath}/keys.json`);
    assert.ok(text.includes(`kubectl create secret generic ${volume?.secret.secretName} --from-file=keys.json`));
  });

  test("probe routes that need no key, on the port that the server listens on", async () => {
    const { port } = await serveSettings({}, {});
    assert.equal(container.ports[0]?.containerPort, port);
    for (const { httpGet } of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      const { get } = openApi().paths[httpGet.path] ?? assert.fail(httpGet.path);
      assert.deepEqual((get as { security?: unknown }).security, []);
      assert.equal(httpGet.port, container.ports[0]?.name);
    }
  });

  test("leave the server time to end, and no variable of a Service in its settings", async () => {
    assert.ok(1000 * pod.spec.terminationGracePeriodSeconds > Number(environment["LENITY_GRACE"]));
    // What Kubernetes sets in the pods beside a Service, unless it is told not to.
    const links = { [`${service?.metadata.name.toUpperCase()}_PORT`]: "tcp://10.0.0.1:80" };
    await assert.rejects(serveSettings({}, links), /LENITY_PORT of the environment is "tcp:/);
    assert.equal(pod.spec.enableServiceLinks, false);
  });
});
