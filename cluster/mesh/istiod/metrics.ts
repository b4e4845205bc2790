// istiod's own metrics, as far as they say something here.
// Source: istio.io, pilot-discovery reference, exported metrics (names).

import type { Mesh } from '../mesh.ts';

export function istiodMetrics({
  mesh,
  pod,
  version,
}: {
  mesh: Mesh;
  pod: string;
  version: string;
}): string {
  const { services, virtualServices } = mesh.environment();
  const connected = mesh.connected.filter(({ istiod }) => istiod === pod).length;
  const pushes = mesh.pushesOf(pod);
  return [
    gauge('istio_build', `component="pilot",tag="${version}"`, 1),
    gauge('pilot_info', `version="${version}"`, 1),
    gauge('pilot_services', '', services.length),
    gauge('pilot_virt_services', '', virtualServices.length),
    gauge('pilot_xds', `version="${version}"`, connected),
    family(
      'pilot_xds_pushes',
      'counter',
      [...pushes].map(([type, count]): [string, number] => [`type="${type.toLowerCase()}"`, count]),
    ),
  ].join('');
}

function gauge(name: string, labels: string, value: number): string {
  return family(name, 'gauge', [[labels, value]]);
}

function family(
  name: string,
  type: 'gauge' | 'counter',
  series: [labels: string, value: number][],
): string {
  const lines = series.map(
    ([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`,
  );
  return lines.length === 0 ? '' : `# TYPE ${name} ${type}\n${lines.join('')}`;
}
