// Horizontal pod autoscalers in both their versions: v2 is stored, v1 knows CPU alone.
// Source: the HorizontalPodAutoscaler types of autoscaling/v1 and v2 in the Kubernetes API reference.

import type { KubeObject } from '../object.ts';
import { at, type Fields, fieldsOf, isSet, listOf, numberOf } from './fields.ts';

const V1 = 'autoscaling/v1';
const V2 = 'autoscaling/v2';

export function autoscalerToStored(object: KubeObject): KubeObject {
  if (object.apiVersion === V2) return object;
  const { targetCPUUtilizationPercentage: percentage, ...spec } = fieldsOf(object['spec']);
  const { currentCPUUtilizationPercentage: current, ...status } = fieldsOf(object['status']);
  return {
    ...object,
    apiVersion: V2,
    spec: { ...spec, ...(isSet(percentage) ? { metrics: [cpuMetric(percentage)] } : {}) },
    status: {
      ...status,
      currentMetrics: isSet(current) ? [currentCpu(current)] : null,
    },
  };
}

export function autoscalerFromStored(object: KubeObject, version: string): KubeObject {
  if (version === 'v2') return object;
  const { metrics, behavior: _behavior, ...spec } = fieldsOf(object['spec']);
  const { currentMetrics, conditions: _conditions, ...status } = fieldsOf(object['status']);
  const wanted = cpuOf(metrics, 'target');
  const current = cpuOf(currentMetrics, 'current');
  return {
    ...object,
    apiVersion: V1,
    spec: { ...spec, ...(wanted === undefined ? {} : { targetCPUUtilizationPercentage: wanted }) },
    status: {
      ...status,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  };
}

function cpuMetric(averageUtilization: unknown): Fields {
  return {
    resource: { name: 'cpu', target: { averageUtilization, type: 'Utilization' } },
    type: 'Resource',
  };
}

function currentCpu(averageUtilization: unknown): Fields {
  return { resource: { current: { averageUtilization }, name: 'cpu' }, type: 'Resource' };
}

function cpuOf(metrics: unknown, field: 'target' | 'current'): number | undefined {
  const cpu = listOf(metrics).find((metric) => at(metric, 'resource', 'name') === 'cpu');
  return numberOf(at(cpu, 'resource', field, 'averageUtilization'));
}
