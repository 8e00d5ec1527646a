/** The part of yauzl 3 that the npz reader uses; the package ships no types of its own. */
declare module "yauzl" {
  export interface Entry {
    readonly fileName: string;
    readonly compressionMethod: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly crc32: number;
    canDecodeFileData(): boolean;
  }
  export interface ZipFile {
    readonly entryCount: number;
    eachEntry(): AsyncIterable<Entry>;
    readLocalFileHeaderPromise(
      entry: Entry,
      options: { minimal: true },
    ): Promise<{ readonly fileDataStart: number }>;
  }
  export function fromBufferPromise(
    buffer: Buffer,
    options: { strictFileNames: boolean },
  ): Promise<ZipFile>;
}
