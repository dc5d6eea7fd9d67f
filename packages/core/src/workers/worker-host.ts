/**
 * What a transport must provide to serve in several processes: a few verbs down, a few signals up.
 *
 * ```
 *   primary                                              worker (the same program once more)
 *   WorkerGroup ── fork, send, kill ──▶ WorkerProcess ═══ PrimaryLink ◀── send, leave ── WorkerAgent ── its server
 *                ◀── message, exited ──                                ── messages ──▶
 * ```
 *
 * The group decides who runs when; a host makes processes, and carries messages that `structuredClone` and JSON both
 * carry. How a port is shared is the host's as well: in a worker, the transport's own listener must arrive at the port
 * that all of them have.
 */
export interface WorkerHost {
  /** The way to the primary, when this process is a worker. */
  readonly primary: PrimaryLink | undefined;
  /** Processes that can run at the same time. */
  readonly cores: number;
  /** Starts this program as a worker. What goes wrong is told by `signals.exited`, never thrown. */
  fork(start: WorkerStart, signals: WorkerSignals): WorkerProcess;
  /** Keeps this program running, though all workers are dead and none is due yet; returns how to stop that. */
  keepRunning(): () => void;
  /** Tells whenever the operating system asks this program to end; returns how to stop listening. */
  onStopSignal(listener: () => void): () => void;
}

/** What a worker is told when it starts. */
export interface WorkerStart {
  /** From 1; whoever takes the place of one that died has the same. */
  readonly number: number;
  /** The port of the group, if it has one: the program itself may have asked for any. */
  readonly port: number | undefined;
}

/** A worker, as its primary has it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Sends, if it is still there; what does not arrive is not told. */
  send(message: unknown): void;
  /** Ends it at once; `signals.exited` follows. */
  kill(): void;
}

/** What a worker tells its primary's side. None of it comes from inside a verb. */
export interface WorkerSignals {
  message(message: unknown): void;
  /** The process is gone, and all it has sent has been told; no signal follows. */
  exited(exit: WorkerExit): void;
}

/** How a process ended: one of the three. */
export interface WorkerExit {
  readonly code?: number | undefined;
  /** The signal that ended it. */
  readonly signal?: string | undefined;
  /** It never came to be. */
  readonly error?: Error | undefined;
}

/** The primary, as one of its workers has it. */
export interface PrimaryLink {
  readonly start: WorkerStart;
  /** Resolves when the message is on its way, or cannot be sent any more. */
  send(message: unknown): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Lets go of the primary: the process ends as soon as nothing else keeps it. */
  leave(): void;
  /** Leaves what `onStopSignal` tells to the primary. */
  ignoreStopSignals(): void;
}
