import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, fieldsOf, listOf } from '../../schema/fields.ts';
import { defaultTag, installationOf } from './installation.ts';
import { OperatorError, type OperatorInputs } from './operator.ts';

function installed(inputs: OperatorInputs) {
  const installation = installationOf(inputs);
  const objects = installation.components.flatMap((component) => component.objects);
  const find = (kind: string, name: string) => {
    const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
    assert.ok(found, `${kind}/${name} is installed`);
    return found;
  };
  const titles = installation.components.map(({ title }) => title);
  return {
    installation,
    find,
    titles,
    mesh: (name = 'istio') => at(find('ConfigMap', name), 'data', 'mesh'),
  };
}

const discovery = (deployment: unknown) =>
  listOf(at(deployment, 'spec', 'template', 'spec', 'containers'))[0] ?? {};

test('profiles choose the components', () => {
  const titles = (profile: string) => installed({ sets: [`profile=${profile}`] }).titles;
  assert.deepEqual(titles('minimal'), ['Istio core', 'Istiod']);
  assert.deepEqual(titles('default'), ['Istio core', 'Istiod', 'Ingress gateways']);
  assert.deepEqual(titles('demo'), ['Istio core', 'Istiod', 'Egress gateways', 'Ingress gateways']);
  assert.deepEqual(titles('empty'), []);
  assert.throws(() => titles('tiny'), {
    message:
      'generate config: merge inputs: profile "tiny" not found: open profiles/tiny.yaml: file does not exist',
  });
});

test('the mesh has the chart’s settings, and the user’s over them', () => {
  assert.equal(
    installed({ sets: ['profile=minimal'] }).mesh(),
    `defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
defaultProviders:
  metrics:
  - prometheus
enablePrometheusMerge: true
rootNamespace: istio-system
trustDomain: cluster.local`,
  );
  const mesh = String(
    installed({
      files: [
        'kind: IstioOperator\nspec:\n  meshConfig: {accessLogFile: /dev/stdout, defaultHttpRetryPolicy: {attempts: 3}}\n',
      ],
      sets: ['meshConfig.defaultHttpRetryPolicy.retryOn=connect-failure'],
    }).mesh(),
  );
  assert.match(mesh, /^accessLogFile: \/dev\/stdout$/m);
  assert.match(mesh, /^defaultHttpRetryPolicy:\n  attempts: 3\n  retryOn: connect-failure$/m);
});

test('values reach istiod’s Deployment and the injector', () => {
  const { find } = installed({
    sets: [
      'values.pilot.resources.requests.cpu=50m',
      'values.pilot.env.ENABLE_NATIVE_SIDECARS=false',
      'values.global.proxy.resources.requests.memory=40Mi',
      'values.pilot.traceSampling=100',
    ],
  });
  const container = discovery(find('Deployment', 'istiod'));
  assert.equal(container['image'], 'registry.istio.io/release/pilot:1.30.3');
  assert.deepEqual(at(container, 'resources', 'requests'), { cpu: '50m', memory: '2048Mi' });
  const env = Object.fromEntries(
    listOf(container['env']).map(({ name, value }) => [String(name), value]),
  );
  assert.equal(env['ENABLE_NATIVE_SIDECARS'], 'false');
  assert.equal(env['PILOT_TRACE_SAMPLING'], '100');
  const values = JSON.parse(
    String(at(find('ConfigMap', 'istio-sidecar-injector'), 'data', 'values')),
  ) as unknown;
  assert.deepEqual(at(values, 'global', 'proxy', 'resources', 'requests'), {
    cpu: '100m',
    memory: '40Mi',
  });
});

test('a revision has objects of its own, beside the default one’s', () => {
  const { find, installation, mesh } = installed({ sets: ['profile=minimal', 'revision=canary'] });
  assert.match(String(mesh('istio-canary')), /istiod-canary\.istio-system\.svc:15012/);
  const injector = find('MutatingWebhookConfiguration', 'istio-sidecar-injector-canary');
  const webhooks = listOf(injector['webhooks']);
  assert.deepEqual(
    webhooks.map(({ name }) => name),
    ['rev.namespace.sidecar-injector.istio.io', 'rev.object.sidecar-injector.istio.io'],
  );
  assert.equal(at(webhooks[0], 'clientConfig', 'service', 'name'), 'istiod-canary');
  const [tag] = defaultTag(installation);
  assert.equal(tag?.metadata.name, 'istio-revision-tag-default');
  assert.equal(listOf(tag?.['webhooks']).length, 4);
});

test('settings below components change the objects they name', () => {
  const { find } = installed({
    files: [
      `spec:
  components:
    pilot:
      k8s:
        replicaCount: 2
        env: [{name: PILOT_TRACE_SAMPLING, value: "5"}]
        podAnnotations: {team: platform}
    ingressGateways:
    - name: shop-gateway
      enabled: true
      label: {app: shop-gateway}
      k8s: {service: {type: ClusterIP}}
`,
    ],
  });
  const istiod = find('Deployment', 'istiod');
  assert.equal(at(istiod, 'spec', 'replicas'), 2);
  assert.equal(at(istiod, 'spec', 'template', 'metadata', 'annotations', 'team'), 'platform');
  const sampling = listOf(discovery(istiod)['env']).filter(
    ({ name }) => name === 'PILOT_TRACE_SAMPLING',
  );
  assert.deepEqual(sampling, [{ name: 'PILOT_TRACE_SAMPLING', value: '5' }]);
  assert.equal(at(find('Service', 'shop-gateway'), 'spec', 'type'), 'ClusterIP');
});

test('what is no setting is refused where it stands', () => {
  const refused = (inputs: OperatorInputs) => {
    try {
      installationOf(inputs);
    } catch (error) {
      assert.ok(error instanceof OperatorError);
      return error.message;
    }
    return 'nothing';
  };
  assert.equal(
    refused({ sets: ['profil=demo'] }),
    'generate config: could not unmarshal: json: unknown field "profil"',
  );
  assert.equal(
    refused({
      files: ['spec: {meshConfig: {defaultConfig: {retryPolicy: {numRetries: 3}}}}'],
    }),
    'generate config: proto: (line 1:19): unknown field "retryPolicy"',
  );
  assert.equal(
    refused({ sets: ['revision=Canary_1'] }),
    'generate config: invalid revision specified: Canary_1',
  );
  assert.equal(
    refused({ files: ['spec: {}\n---\nspec: {}\n'] }),
    'generate config: merge inputs: contains multiple IstioOperator CRs, only one per file is supported',
  );
});

test('an escaped dot belongs to its name, and a bracket chooses an element', () => {
  const { find } = installed({
    sets: [
      'values.pilot.podAnnotations.example\\.com/team=platform',
      'components.ingressGateways[0].name=door',
    ],
  });
  const template = fieldsOf(at(find('Deployment', 'istiod'), 'spec', 'template', 'metadata'));
  assert.equal(fieldsOf(template['annotations'])['example.com/team'], 'platform');
  assert.equal(find('Service', 'door').metadata.name, 'door');
});
