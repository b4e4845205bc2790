// Which Istio the simulated mesh behaves as: one constant for istiod, proxies, istioctl and what they print.

export const ISTIO_VERSION = '1.30.3';

/** Where releases lie since 1.30; Docker Hub has them too. */
export const ISTIO_HUB = 'registry.istio.io/release';
