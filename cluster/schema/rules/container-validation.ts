// What must hold of containers, in the order in which a real API server lists problems.
// Source: the constraints of the Container section of the Kubernetes API reference; words as Status objects show them.

import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from '../field-errors.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../fields.ts';
import {
  configKeyProblems,
  dnsLabelProblems,
  envVarNameProblems,
  portNameProblems,
  portNumberProblems,
} from '../names.ts';
import type { FieldError } from '../resource.ts';
import { named, NOT_NEGATIVE, notNegative, oneOf } from './checks.ts';
import { ENV_FIELDS, validateFieldRef, validateLocalPath } from './references.ts';
import { validateId, validateSeccomp } from './security-validation.ts';
import { validateResources } from './resource-validation.ts';

export interface ContainerContext {
  /** Names of the pod's volumes. */
  volumes: ReadonlySet<string>;
  restartPolicy: string;
  hostNetwork: boolean;
}

export function validateContainers(
  containers: Fields[],
  context: ContainerContext,
  path: string,
): FieldError[] {
  if (containers.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  containers.forEach((container, index) => {
    const here = `${path}[${index}]`;
    errors.push(...validateCommon(container, context, here), ...unique(container, names, here));
    errors.push(
      ...validateLifecycle(container['lifecycle'], `${here}.lifecycle`),
      ...validateProbe(container['livenessProbe'], `${here}.livenessProbe`, true),
      ...validateProbe(container['readinessProbe'], `${here}.readinessProbe`, false),
      ...validateProbe(container['startupProbe'], `${here}.startupProbe`, true),
    );
    if (isSet(container['restartPolicy']))
      errors.push(
        ...oneOf(
          container['restartPolicy'],
          ['Always', 'Never', 'OnFailure'],
          `${here}.restartPolicy`,
        ),
      );
  });
  errors.push(...validateHostPorts(containers, path));
  return errors;
}

export function validateInitContainers(
  spec: Fields,
  context: ContainerContext,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set(listOf(spec['containers']).map((each) => stringOf(each['name'])));
  listOf(spec['initContainers']).forEach((container, index) => {
    const here = `${path}[${index}]`;
    const sidecar = container['restartPolicy'] === 'Always';
    errors.push(...validateCommon(container, context, here), ...unique(container, names, here));
    if (isSet(container['restartPolicy']))
      errors.push(
        ...oneOf(
          container['restartPolicy'],
          ['Always', 'Never', 'OnFailure'],
          `${here}.restartPolicy`,
        ),
      );
    if (sidecar) {
      errors.push(
        ...validateLifecycle(container['lifecycle'], `${here}.lifecycle`),
        ...validateProbe(container['livenessProbe'], `${here}.livenessProbe`, true),
        ...validateProbe(container['readinessProbe'], `${here}.readinessProbe`, false),
        ...validateProbe(container['startupProbe'], `${here}.startupProbe`, true),
      );
      return;
    }
    const only = 'may not be set for init containers without restartPolicy=Always';
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
      if (isSet(container[field])) errors.push(forbidden(`${here}.${field}`, only));
  });
  return errors;
}

export function validateEphemeralContainers(
  spec: Fields,
  context: ContainerContext,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const others = [...listOf(spec['containers']), ...listOf(spec['initContainers'])];
  const names = new Set(others.map((each) => stringOf(each['name'])));
  listOf(spec['ephemeralContainers']).forEach((container, index) => {
    const here = `${path}[${index}]`;
    errors.push(...validateCommon(container, context, here), ...unique(container, names, here));
    for (const field of FORBIDDEN_FOR_EPHEMERAL)
      if (isSet(container[field]))
        errors.push(forbidden(`${here}.${field}`, 'cannot be set for an Ephemeral Container'));
    const target = stringOf(container['targetContainerName']);
    if (target !== '' && !others.some((each) => each['name'] === target))
      errors.push(notFound(`${here}.targetContainerName`, target));
  });
  return errors;
}

const FORBIDDEN_FOR_EPHEMERAL = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
];

function unique(container: Fields, names: Set<string>, path: string): FieldError[] {
  const name = stringOf(container['name']);
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  if (name !== '') names.add(name);
  return [];
}

function validateCommon(container: Fields, context: ContainerContext, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringOf(container['name']);
  if (name === '') errors.push(required(`${path}.name`));
  else errors.push(...named(name, `${path}.name`, dnsLabelProblems));
  const image = stringOf(container['image']);
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image)
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  errors.push(
    ...oneOf(
      container['terminationMessagePolicy'],
      ['FallbackToLogsOnError', 'File'],
      `${path}.terminationMessagePolicy`,
    ),
    ...validatePorts(container['ports'], `${path}.ports`),
    ...validateEnv(container['env'], `${path}.env`),
    ...validateEnvFrom(container['envFrom'], `${path}.envFrom`),
    ...validateMounts(container['volumeMounts'], context, `${path}.volumeMounts`),
    ...oneOf(
      container['imagePullPolicy'],
      ['Always', 'IfNotPresent', 'Never'],
      `${path}.imagePullPolicy`,
    ),
    ...validateResources(container['resources'], `${path}.resources`),
    ...validateSecurityContext(container['securityContext'], `${path}.securityContext`),
  );
  return errors;
}

function validatePorts(ports: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  listOf(ports).forEach((port, index) => {
    const here = `${path}[${index}]`;
    const name = stringOf(port['name']);
    if (name !== '') {
      const problems = named(name, `${here}.name`, portNameProblems);
      if (problems.length > 0) errors.push(...problems);
      else if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
      else names.add(name);
    }
    const number = numberOf(port['containerPort']) ?? 0;
    if (number === 0) errors.push(required(`${here}.containerPort`));
    else
      for (const problem of portNumberProblems(number))
        errors.push(invalid(`${here}.containerPort`, number, problem));
    const host = numberOf(port['hostPort']) ?? 0;
    if (host !== 0)
      for (const problem of portNumberProblems(host))
        errors.push(invalid(`${here}.hostPort`, host, problem));
    errors.push(...oneOf(port['protocol'], ['SCTP', 'TCP', 'UDP'], `${here}.protocol`));
  });
  return errors;
}

/** Two containers cannot take the same port of the host. */
function validateHostPorts(containers: Fields[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, at) =>
    listOf(container['ports']).flatMap((port, index) => {
      const host = numberOf(port['hostPort']) ?? 0;
      if (host === 0) return [];
      const key = `${stringOf(port['protocol'])}/${stringOf(port['hostIP'])}/${host}`;
      if (taken.has(key)) return [duplicate(`${path}[${at}].ports[${index}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function validateEnv(env: unknown, path: string): FieldError[] {
  return listOf(env).flatMap((variable, index) => {
    const here = `${path}[${index}]`;
    const name = stringOf(variable['name']);
    const errors =
      name === '' ? [required(`${here}.name`)] : named(name, `${here}.name`, envVarNameProblems);
    return [...errors, ...validateValueFrom(variable, `${here}.valueFrom`)];
  });
}

const VALUE_SOURCES = [
  'fieldRef',
  'resourceFieldRef',
  'configMapKeyRef',
  'secretKeyRef',
  'fileKeyRef',
];

function validateValueFrom(variable: Fields, path: string): FieldError[] {
  const from = variable['valueFrom'];
  if (!isFields(from)) return [];
  const errors: FieldError[] = [];
  const sources = VALUE_SOURCES.filter((source) => isSet(from[source]));
  if (isSet(from['fieldRef']))
    errors.push(...validateFieldRef(fieldsOf(from['fieldRef']), ENV_FIELDS, `${path}.fieldRef`));
  for (const source of ['configMapKeyRef', 'secretKeyRef'])
    if (isFields(from[source])) errors.push(...validateKeyRef(from[source], `${path}.${source}`));
  if (sources.length === 0)
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (stringOf(variable['value']) !== '')
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1)
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

function validateKeyRef(reference: Fields, path: string): FieldError[] {
  const key = stringOf(reference['key']);
  return key === '' ? [required(`${path}.key`)] : named(key, `${path}.key`, configKeyProblems);
}

function validateEnvFrom(sources: unknown, path: string): FieldError[] {
  return listOf(sources).flatMap((source, index) => {
    const here = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const prefix = stringOf(source['prefix']);
    if (prefix !== '') errors.push(...named(prefix, `${here}.prefix`, envVarNameProblems));
    const given = ['configMapRef', 'secretRef'].filter((name) => isSet(source[name]));
    for (const name of given)
      if (stringOf(fieldsOf(source[name])['name']) === '')
        errors.push(required(`${here}.${name}.name`));
    if (given.length === 0)
      errors.push(invalid(here, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (given.length > 1)
      errors.push(invalid(here, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}

function validateMounts(mounts: unknown, context: ContainerContext, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  listOf(mounts).forEach((mount, index) => {
    const here = `${path}[${index}]`;
    const name = stringOf(mount['name']);
    if (name === '') errors.push(required(`${here}.name`));
    if (!context.volumes.has(name)) errors.push(notFound(`${here}.name`, name));
    const mountPath = stringOf(mount['mountPath']);
    if (mountPath === '') errors.push(required(`${here}.mountPath`));
    if (paths.has(mountPath))
      errors.push(invalid(`${here}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    for (const field of ['subPath', 'subPathExpr'])
      errors.push(...validateLocalPath(stringOf(mount[field]), `${here}.${field}`));
    if (stringOf(mount['subPath']) !== '' && stringOf(mount['subPathExpr']) !== '')
      errors.push(
        invalid(
          `${here}.subPathExpr`,
          mount['subPathExpr'],
          'subPathExpr and subPath are mutually exclusive',
        ),
      );
    if (isSet(mount['mountPropagation']))
      errors.push(
        ...oneOf(
          mount['mountPropagation'],
          ['Bidirectional', 'HostToContainer', 'None'],
          `${here}.mountPropagation`,
        ),
      );
  });
  return errors;
}

function validateLifecycle(lifecycle: unknown, path: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((name) => {
    const handler = fieldsOf(lifecycle)[name];
    return isFields(handler) ? validateHandler(handler, `${path}.${name}`) : [];
  });
}

function validateProbe(probe: unknown, path: string, onceIsEnough: boolean): FieldError[] {
  if (!isFields(probe)) return [];
  const errors = validateHandler(probe, path);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    errors.push(...notNegative(probe[field], `${path}.${field}`));
  const grace = numberOf(probe['terminationGracePeriodSeconds']);
  if (grace !== undefined && !onceIsEnough)
    errors.push(
      invalid(
        `${path}.terminationGracePeriodSeconds`,
        grace,
        'must not be set for readinessProbes',
      ),
    );
  else if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  const successes = numberOf(probe['successThreshold']);
  if (onceIsEnough && successes !== undefined && successes !== 1)
    errors.push(invalid(`${path}.successThreshold`, successes, 'must be 1'));
  return errors;
}

function validateHandler(handler: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((name) =>
    isSet(handler[name]),
  );
  for (const extra of given.slice(1))
    errors.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const first = given[0] ?? '';
  const action = fieldsOf(handler[first]);
  const here = `${path}.${first}`;
  if (first === 'exec' && stringsOf(action['command']).length === 0)
    errors.push(required(`${here}.command`));
  if (first === 'httpGet') errors.push(...validateHttpGet(action, here));
  if (first === 'tcpSocket' || first === 'grpc')
    errors.push(...validatePortReference(action['port'], `${here}.port`));
  if (first === 'sleep' && (numberOf(action['seconds']) ?? 0) < 0)
    errors.push(invalid(`${here}.seconds`, action['seconds'], NOT_NEGATIVE));
  return errors;
}

function validateHttpGet(action: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (stringOf(action['path']) === '') errors.push(required(`${path}.path`));
  errors.push(...validatePortReference(action['port'], `${path}.port`));
  const scheme = stringOf(action['scheme']);
  if (scheme !== 'HTTP' && scheme !== 'HTTPS')
    errors.push(notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS']));
  listOf(action['httpHeaders']).forEach((header) => {
    const name = stringOf(header['name']);
    if (!/^[-A-Za-z0-9]+$/.test(name))
      errors.push(
        invalid(
          `${path}.httpHeaders`,
          name,
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
        ),
      );
  });
  return errors;
}

/** A port by its number or its name. */
export function validatePortReference(port: unknown, path: string): FieldError[] {
  if (typeof port === 'string') return named(port, path, portNameProblems);
  const number = numberOf(port) ?? 0;
  return portNumberProblems(number).map((problem) => invalid(path, number, problem));
}

function validateSecurityContext(context: unknown, path: string): FieldError[] {
  if (!isFields(context)) return [];
  const errors = [
    ...validateId(context['runAsUser'], `${path}.runAsUser`),
    ...validateId(context['runAsGroup'], `${path}.runAsGroup`),
    ...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`),
  ];
  if (context['allowPrivilegeEscalation'] === false) {
    if (context['privileged'] === true)
      errors.push(
        invalid(
          path,
          context,
          'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        ),
      );
    if (stringsOf(fieldsOf(context['capabilities'])['add']).includes('CAP_SYS_ADMIN'))
      errors.push(
        invalid(
          path,
          context,
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        ),
      );
  }
  return errors;
}
