// What Prometheus answers to an instant query, and who can be asked. The one who asks over the network is prometheus-client.ts.

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Prometheus did not answer, or answered that it cannot. The message is the client's, as Go's client words it. */
export class PrometheusError extends Error {}

export interface Prometheus {
  /** The vector at a Unix second. Rejects with PrometheusError. */
  query(query: string, at: number): Promise<Sample[]>;
}
