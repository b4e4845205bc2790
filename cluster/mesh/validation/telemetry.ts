// Telemetry: access logs, metrics and traces.

import type { KubeObject } from '../../object.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
} from '../../schema/fields.ts';
import { Findings } from './findings.ts';
import { sortedEntries } from './names.ts';
import { policyTargets } from './targets.ts';

export function telemetry(object: KubeObject): Findings {
  const spec = fieldsOf(object['spec']);
  const findings = policyTargets(spec);
  for (const metrics of listOf(spec['metrics'])) findings.add(metricsOf(metrics));
  findings.add(tracing(listOf(spec['tracing'])));
  for (const logging of listOf(spec['accessLogging'])) findings.add(providers(logging));
  return findings;
}

function providers(of: Fields): Findings {
  const findings = new Findings();
  return listOf(of['providers']).some((provider) => stringOf(provider['name']) === '')
    ? findings.error('providers.name may not be empty')
    : findings;
}

function metricsOf(metrics: Fields): Findings {
  const findings = providers(metrics);
  for (const override of listOf(metrics['overrides'])) {
    for (const [name, tag] of sortedEntries(override['tagOverrides'])) {
      if (name === '') findings.warning('tagOverrides.name may not be empty');
      const { operation = 'UPSERT', value = '' } = fieldsOf(tag);
      if (operation === 'UPSERT' && value === '')
        findings.error('tagOverrides.value must be set when operation is UPSERT');
      if (operation === 'REMOVE' && value !== '')
        findings.error('tagOverrides.value may only be set when operation is UPSERT');
    }
    if (fieldsOf(override['match'])['customMetric'] === '')
      findings.error('customMetric may not be empty');
  }
  return findings;
}

function tracing(tracers: Fields[]): Findings {
  const findings = new Findings();
  if (tracers.length > 1) findings.warning('multiple tracing is not currently supported');
  for (const tracer of tracers) {
    if (listOf(tracer['providers']).length > 1)
      findings.warning('multiple providers is not currently supported');
    findings.add(providers(tracer));
    const share = numberOf(tracer['randomSamplingPercentage']) ?? 0;
    if (share < 0 || share > 100)
      findings.error('randomSamplingPercentage must be in range [0.0, 100.0]');
    for (const [name, tag] of sortedEntries(tracer['customTags'])) {
      if (name === '') findings.error('tag name may not be empty');
      const { literal, header, environment } = fieldsOf(tag);
      if (isFields(literal) && stringOf(literal['value']) === '')
        findings.error('literal tag value may not be empty');
      if (isFields(header) && stringOf(header['name']) === '')
        findings.error('header tag name may not be empty');
      if (isFields(environment) && stringOf(environment['name']) === '')
        findings.error('environment tag name may not be empty');
    }
  }
  return findings;
}
