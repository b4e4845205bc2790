// A learner's private copy of the labs, and the environment their shells get. Knows nothing of terminals, pages or clusters.

export interface Workspace {
  learner: string;
  /** Holds labs/, bin/ and .meshproof/. */
  directory: string;
  /** Where terminals start: labs/02-service-mesh-value-proposition. */
  startDirectory: string;
  /** `$KUBECONFIG`. The file does not exist until `cluster up` has written it. */
  kubeconfig: string;
  /** Unix socket, 0600, at which `meshproof cluster …` reaches the engine. */
  controlSocket: string;
  /** bash's --rcfile for the learner's shells. */
  rcFile: string;
  /** The whole environment of a shell: nothing else of the server's own is passed on. */
  env: Record<string, string>;
}
