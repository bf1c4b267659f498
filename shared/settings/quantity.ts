/** Kubernetes resource quantities (`4Mi`, `10M`, `1.5Gi`, `4e3`), as daprd takes them for sizes. Pure. */

const binaryFactors: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const decimalFactors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};

const quantityPattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([KMGTPE]i)|[eE]([+-]?\d+)|([numkMGTPE]?))$/;

/** Returns the bytes, rounded away from zero to a whole number as Kubernetes does, or `null` when it is no quantity. */
export function bytesFromQuantity(text: string): number | null {
  const bytes = numberFromQuantity(text);
  if (bytes === null) return null;
  const whole = bytes < 0 ? Math.floor(bytes) : Math.ceil(bytes);
  return Number.isSafeInteger(whole) ? whole + 0 : null;
}

/** Returns the number, fractions included (`50m` is 0.05), or `null` when it is no quantity. */
export function numberFromQuantity(text: string): number | null {
  const match = quantityPattern.exec(text);
  if (match === null) return null;
  const [, number = '', binary, exponent, decimal = ''] = match;
  const product = Number(number) * factorOf({ binary, exponent, decimal });
  return Number.isFinite(product) ? product : null;
}

interface Suffix {
  readonly binary: string | undefined;
  readonly exponent: string | undefined;
  readonly decimal: string;
}

function factorOf({ binary, exponent, decimal }: Suffix): number {
  if (binary !== undefined) return binaryFactors[binary] ?? Number.NaN;
  if (exponent !== undefined) return 10 ** Number(exponent);
  return decimalFactors[decimal] ?? Number.NaN;
}
