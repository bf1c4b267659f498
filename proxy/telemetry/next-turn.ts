/** Lets the event loop serve what has arrived meanwhile, then goes on. For work that is long and can wait. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
