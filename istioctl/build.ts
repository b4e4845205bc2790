// Which istioctl this is: the version it behaves as. It was never built, so what a real one says of its build is empty here.

import { ISTIO_VERSION } from '../cluster/mesh/version.ts';

export { ISTIO_VERSION };

export interface BuildInfo {
  version: string;
  revision: string;
  golang_version: string;
  status: string;
  tag: string;
}

export const clientBuild: BuildInfo = {
  version: ISTIO_VERSION,
  revision: '',
  golang_version: '',
  status: 'Simulated',
  tag: ISTIO_VERSION,
};
