// A graph answer written by hand: frontend calls backend in two versions, one of them with errors, and a database over TCP; a
// caller without a proxy; a service whose subset is empty. For tests of what reads it.

import type { KialiGraph, KialiHealthData } from '../kiali.ts';

const place = { cluster: 'Kubernetes', namespace: 'default' };
const none: KialiHealthData = {
  requests: { inbound: {}, outbound: {}, healthAnnotations: {} },
  status: { status: 'NA', errorRatio: -1 },
};

export const sampleKialiGraph: KialiGraph = {
  timestamp: 1_795_946_400,
  duration: 60,
  graphType: 'workload',
  elements: {
    nodes: [
      {
        data: {
          id: 'unknown',
          nodeType: 'unknown',
          cluster: 'unknown',
          namespace: 'unknown',
          workload: 'unknown',
          app: 'unknown',
          version: 'latest',
          traffic: [{ protocol: 'http', rates: { httpOut: '1.00' } }],
          healthData: null,
          isInaccessible: true,
          isRoot: true,
        },
      },
      {
        data: {
          id: 'svc-frontend',
          nodeType: 'service',
          ...place,
          app: 'frontend',
          service: 'frontend',
          destServices: [{ ...place, name: 'frontend' }],
          traffic: [{ protocol: 'http', rates: { httpIn: '1.00', httpOut: '1.00' } }],
          healthData: none,
          isInjected: true,
        },
      },
      {
        data: {
          id: 'frontend',
          nodeType: 'workload',
          ...place,
          workload: 'frontend',
          app: 'frontend',
          version: 'v1',
          destServices: [{ ...place, name: 'frontend' }],
          traffic: [
            { protocol: 'http', rates: { httpIn: '1.00', httpOut: '10.40' } },
            { protocol: 'tcp', rates: { tcpOut: '52.20' } },
          ],
          healthData: {
            requests: {
              inbound: { http: { '200': 1 } },
              outbound: { http: { '200': 10, '500': 0.4 } },
              healthAnnotations: {},
            },
            status: { status: 'Degraded', errorRatio: 3.85, totalRequestRate: 11.4 },
            workloadStatus: {
              name: 'frontend',
              desiredReplicas: 2,
              currentReplicas: 2,
              availableReplicas: 2,
              syncedProxies: 2,
            },
          },
        },
      },
      {
        data: {
          id: 'svc-backend',
          nodeType: 'service',
          ...place,
          app: 'backend',
          service: 'backend',
          destServices: [{ ...place, name: 'backend' }],
          traffic: [
            {
              protocol: 'http',
              rates: { httpIn: '10.40', httpIn5xx: '0.40', httpOut: '10.40' },
            },
          ],
          healthData: none,
          hasCB: true,
          hasRequestRouting: true,
          hasTrafficShifting: true,
          hasVS: { hostnames: ['backend'] },
          isInjected: true,
        },
      },
      {
        data: {
          id: 'backend-v1',
          nodeType: 'workload',
          ...place,
          workload: 'backend',
          app: 'backend',
          version: 'v1',
          destServices: [{ ...place, name: 'backend' }],
          traffic: [{ protocol: 'http', rates: { httpIn: '9.40' } }],
          healthData: none,
        },
      },
      {
        data: {
          id: 'backend-v2',
          nodeType: 'workload',
          ...place,
          workload: 'backend-v2',
          app: 'backend',
          version: 'v2',
          destServices: [{ ...place, name: 'backend' }],
          traffic: [{ protocol: 'http', rates: { httpIn: '1.00', httpIn5xx: '0.40' } }],
          healthData: none,
        },
      },
      {
        data: {
          id: 'svc-database',
          nodeType: 'service',
          ...place,
          app: 'database',
          service: 'database',
          destServices: [{ ...place, name: 'database' }],
          traffic: [{ protocol: 'tcp', rates: { tcpIn: '52.20', tcpOut: '52.20' } }],
          healthData: none,
          isInjected: true,
        },
      },
      {
        data: {
          id: 'database',
          nodeType: 'workload',
          ...place,
          workload: 'database',
          app: 'database',
          version: 'v1',
          destServices: [{ ...place, name: 'database' }],
          traffic: [{ protocol: 'tcp', rates: { tcpIn: '52.20' } }],
          healthData: none,
        },
      },
      {
        data: {
          id: 'reports',
          nodeType: 'workload',
          ...place,
          workload: 'reports',
          app: 'reports',
          healthData: none,
          isIdle: true,
          isOutOfMesh: true,
        },
      },
    ],
    edges: [
      {
        data: {
          id: 'e1',
          source: 'unknown',
          target: 'svc-frontend',
          healthStatus: 'Healthy',
          traffic: {
            protocol: 'http',
            rates: { http: '1.00', httpPercentReq: '100.0' },
            responses: {
              '200': {
                flags: { '-': '100.0' },
                hosts: { 'frontend.default.svc.cluster.local': '100.0' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e2',
          source: 'svc-frontend',
          target: 'frontend',
          healthStatus: 'Healthy',
          responseTime: '9',
          traffic: {
            protocol: 'http',
            rates: { http: '1.00', httpPercentReq: '100.0' },
            responses: {
              '200': {
                flags: { '-': '100.0' },
                hosts: { 'frontend.default.svc.cluster.local': '100.0' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e3',
          source: 'frontend',
          target: 'svc-backend',
          healthStatus: 'Degraded',
          isMTLS: '100',
          traffic: {
            protocol: 'http',
            rates: {
              http: '10.40',
              http5xx: '0.40',
              httpPercentErr: '3.8',
              httpPercentReq: '100.0',
            },
            responses: {
              '200': {
                flags: { '-': '96.2' },
                hosts: { 'backend.default.svc.cluster.local': '96.2' },
              },
              '500': {
                flags: { '-': '3.8' },
                hosts: { 'backend.default.svc.cluster.local': '3.8' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e4',
          source: 'svc-backend',
          target: 'backend-v1',
          healthStatus: 'Healthy',
          isMTLS: '100',
          responseTime: '4',
          traffic: {
            protocol: 'http',
            rates: { http: '9.40', httpPercentReq: '90.4' },
            responses: {
              '200': {
                flags: { '-': '100.0' },
                hosts: { 'backend.default.svc.cluster.local': '100.0' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e5',
          source: 'svc-backend',
          target: 'backend-v2',
          healthStatus: 'Failure',
          isMTLS: '100',
          responseTime: '23',
          traffic: {
            protocol: 'http',
            rates: { http: '1.00', http5xx: '0.40', httpPercentErr: '40.0', httpPercentReq: '9.6' },
            responses: {
              '200': {
                flags: { '-': '60.0' },
                hosts: { 'backend.default.svc.cluster.local': '60.0' },
              },
              '500': {
                flags: { '-': '40.0' },
                hosts: { 'backend.default.svc.cluster.local': '40.0' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e6',
          source: 'frontend',
          target: 'svc-database',
          healthStatus: 'Healthy',
          isMTLS: '100',
          traffic: {
            protocol: 'tcp',
            rates: { tcp: '52.20' },
            responses: {
              '-': {
                flags: { '-': '100.0' },
                hosts: { 'database.default.svc.cluster.local': '100.0' },
              },
            },
          },
        },
      },
      {
        data: {
          id: 'e7',
          source: 'svc-database',
          target: 'database',
          healthStatus: 'Healthy',
          isMTLS: '100',
          traffic: {
            protocol: 'tcp',
            rates: { tcp: '52.20' },
            responses: {
              '-': {
                flags: { '-': '100.0' },
                hosts: { 'database.default.svc.cluster.local': '100.0' },
              },
            },
          },
        },
      },
    ],
  },
};
