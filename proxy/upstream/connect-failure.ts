/** A connection could not be opened: nothing of any request has left. `cause` says why. */
export class ConnectFailure extends Error {
  constructor(cause: Error) {
    super('the connection could not be opened', { cause });
    this.name = 'ConnectFailure';
  }
}
