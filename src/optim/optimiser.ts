/** @file The contract of an optimiser: it updates parameters in place from gradients, through kernels. */

/** Settings of one Adam step, as PyTorch names and applies them (Kingma & Ba 2015; decoupled: Loshchilov & Hutter 2019). */
export interface AdamUpdate {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** True: AdamW, the decay shrinks the parameter. False: Adam, the decay is added to the gradient. */
  readonly decoupled: boolean;
  /** Counts from 1. */
  readonly step: number;
  /** Multiplies every gradient first: the clipping factor. */
  readonly gradientScale: number;
}

/** Settings of one step of gradient descent, as PyTorch names and applies them, without dampening. */
export interface SgdUpdate {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  /** Counts from 1; at step 1 the momentum buffer's old content counts for nothing. */
  readonly step: number;
  /** Multiplies every gradient first: the clipping factor. */
  readonly gradientScale: number;
}

/** The kernels that an optimiser calls; offsets are bytes into one memory, counts are float32. */
export interface OptimiserKernels {
  /** One Adam or AdamW step: [count] parameters and both moments change, gradients do not. */
  adam(param: number, grad: number, m: number, v: number, count: number, settings: AdamUpdate): void;
  /** One step of gradient descent; the buffer is neither read nor written when momentum is 0. */
  sgd(param: number, grad: number, momentumBuffer: number, count: number, settings: SgdUpdate): void;
}

/** The memory of `count` parameters: byte offsets of the parameters, their gradients and one offset per moment array. */
export interface ParameterRange {
  readonly param: number;
  readonly grad: number;
  readonly slots: readonly number[];
  readonly count: number;
}

/** The arguments of one step. */
export interface StepSettings {
  /** The base rate times the schedule's factor. */
  readonly learningRate: number;
  /** Counts from 1. */
  readonly step: number;
  /** Multiplies every gradient first: 1, or the clipping factor of `clipScale`. */
  readonly gradientScale: number;
}

/** An optimiser as a value: it holds only options, no state of a model. As JSON it is its options. */
export interface Optimiser<Settings extends object = object> {
  readonly name: string;
  /** Moment arrays per parameter, each as long as the parameters and zero before the first step. */
  readonly slots: number;
  /** The base learning rate of all stages, before any schedule; undefined leaves each stage its own. */
  readonly learningRate: number | undefined;
  /** All settings with defaults filled in. */
  readonly settings: Readonly<Settings>;
  /** One step: parameters and moments of the range change in place, gradients do not. */
  update(kernels: OptimiserKernels, range: ParameterRange, step: StepSettings): void;
}
