/** What may be said to a store to be let in. */
export interface S3Credentials {
  /** The public half of the key pair. */
  readonly accessKeyId: string;
  /** The secret half of the key pair. */
  readonly secretAccessKey: string;
  /** Goes with key pairs that expire. Default: none. */
  readonly sessionToken?: string;
}

/** How the default client reaches the store. Not for use with a client of your own. */
export interface S3Connection {
  /** Default: what the environment says; `us-east-1` if there is an endpoint. */
  readonly region?: string;
  /** The address of a store other than Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket is part of the path instead of the host. Default: `true` if there is an endpoint. */
  readonly forcePathStyle?: boolean;
  /** Default: what the environment, the profile or the machine's role give. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>);
}
