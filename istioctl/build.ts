// Which istioctl this is: the version it behaves as. It was never built, so what a real one says of its build is empty here.

export const ISTIO_VERSION = '1.30.3';

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
