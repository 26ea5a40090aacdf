import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@tollgate/core';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { refusalOf } from '../../packages/cli/src/serve/admin/guard.ts';

const read = (name: string) =>
  parse(readFileSync(join(import.meta.dirname, '../../deploy/kubernetes', `${name}.yaml`), 'utf8'));

const deployment = new Deployment(read('deployment'));
const pod = deployment.spec?.template.spec;
const container = pod?.containers[0];

describe('the Kubernetes manifests', () => {
  it.each([
    ['configmap', ConfigMap],
    ['deployment', Deployment],
    ['service', Service],
    ['hpa', HorizontalPodAutoscaler],
    ['pdb', PodDisruptionBudget],
  ] as const)('%s is what the API takes', (name, Model) => {
    const manifest = read(name);
    expect(() => new Model(manifest).validate()).not.toThrow();
    expect(() => new Model({ ...manifest, spec: 'nonsense', data: 5 }).validate()).toThrow();
  });

  it('run without root, without capabilities and with nothing to write but /tmp', () => {
    expect(pod?.securityContext?.runAsNonRoot).toBe(true);
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(
      container?.volumeMounts?.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath),
    ).toEqual(['/tmp']);
  });

  it('keep the address of the client, and one front while a node is emptied', () => {
    expect(new Service(read('service')).spec?.externalTrafficPolicy).toBe('Local');
    expect(new PodDisruptionBudget(read('pdb')).spec?.minAvailable).toBe(1);
    expect(deployment.spec?.strategy?.rollingUpdate?.maxUnavailable).toBe(0);
  });

  it('speak of the same ports, labels and names everywhere', () => {
    const named = new Set(container?.ports?.map(({ name }) => name));
    const asked = [
      container?.startupProbe?.httpGet?.port,
      container?.livenessProbe?.httpGet?.port,
      container?.readinessProbe?.httpGet?.port,
      ...(new Service(read('service')).spec?.ports?.map(({ targetPort }) => targetPort) ?? []),
    ];
    expect(asked.filter((name) => !named.has(String(name)))).toEqual([]);
    const labels = deployment.spec?.template.metadata?.labels;
    expect(new Service(read('service')).spec?.selector).toEqual(labels);
    expect(new PodDisruptionBudget(read('pdb')).spec?.selector?.matchLabels).toEqual(labels);
    expect(new HorizontalPodAutoscaler(read('hpa')).spec?.scaleTargetRef.name).toBe(
      deployment.metadata?.name,
    );
  });

  it('leave the drain its time before the pod is killed', () => {
    const config = siteOfTheConfigMap();
    const preStop = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1000).toBeGreaterThan(
      config.timeouts.drainMs + preStop * 1000,
    );
  });

  it('carry a configuration that Tollgate takes, on the ports of the pod', () => {
    const ports = siteOfTheConfigMap().listen.map(({ address }) =>
      address.kind === 'tcp' ? address.port : 0,
    );
    const open = container?.ports?.map(({ containerPort }) => containerPort) ?? [];
    expect(ports.filter((port) => !open.includes(port))).toEqual([]);
  });
});

it('regression: Prometheus, which asks a pod by its address, got 403 from /metrics; it reads that and nothing else', () => {
  const { admin } = siteOfTheConfigMap();
  const scrape = (path: string): string | undefined =>
    refusalOf({
      path,
      headers: { host: '10.42.1.9:9901' },
      peer: '::ffff:10.42.0.7',
      readers: admin?.metrics,
    });
  expect(scrape('/metrics')).toBeUndefined();
  expect(['/', '/status', '/purge', '/reload'].filter((path) => scrape(path) === undefined)).toEqual([]);
  const annotations = deployment.spec?.template.metadata?.annotations;
  const address = admin?.address;
  expect(annotations).toMatchObject({
    'prometheus.io/port': String(address?.kind === 'tcp' && address.port),
  });
});

/** Its certificate lies in a secret that is not here, so the files it names are left out. */
function siteOfTheConfigMap() {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-kubernetes-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const text = new ConfigMap(read('configmap')).data?.['tollgate.yaml'] ?? '';
  const file = join(directory, 'tollgate.yaml');
  writeFileSync(file, text.replace(/tls: \{.*\}/, 'tls: self-signed'));
  return loadConfig({ file, env: {} }).config;
}
