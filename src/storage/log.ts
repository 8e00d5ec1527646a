/** What a storage adapter may tell the operator; a pino logger fits. */
export interface StorageLog {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
}
