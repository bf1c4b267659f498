/** What tells the operator's own objects from those of others, which it leaves alone. */

export const managerLabel = 'app.kubernetes.io/managed-by';
export const manager = 'farpoint-operator';
