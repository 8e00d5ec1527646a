/** Who may come in, as the environment says it: keys, tokens, hosts, origins and proxies. */
import type { Settings } from "./variables.ts";

/** True for an address that only this machine can reach. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

const listed = (text: string): string[] => text.split(/, */).filter((part) => part !== "");

/** What does not hold of several variables together; undefined when all does. */
export function openDoorFault(settings: Settings): string | undefined {
  const { LINNET_HOST: host, LINNET_AUTH: auth, LINNET_OIDC_ISSUER: issuer } = settings;
  if (!isLoopback(host) && auth === "none" && !settings.LINNET_INSECURE) {
    return (
      `LINNET_HOST is ${JSON.stringify(host)}: other machines could connect, and nobody is asked ` +
      "for a key; set LINNET_AUTH=keys, or LINNET_INSECURE=true where the network keeps others " +
      "out"
    );
  }
  if (issuer !== "" && auth === "none") {
    return "LINNET_OIDC_ISSUER is of no use without LINNET_AUTH=keys";
  }
  if (issuer !== "" && settings.LINNET_OIDC_AUDIENCE === "") {
    return "LINNET_OIDC_AUDIENCE is missing: tokens made for other services of the issuer would do";
  }
  return undefined;
}

export function accessOf(settings: Settings) {
  const { LINNET_OIDC_ISSUER: issuer, LINNET_AUTH: auth } = settings;
  const hosts = listed(settings.LINNET_ALLOWED_HOSTS).map((host) => host.toLowerCase());
  const isLocal = isLoopback(settings.LINNET_HOST);
  return {
    insecure: settings.LINNET_INSECURE,
    auth,
    bootstrapKey: settings.LINNET_BOOTSTRAP_KEY === "" ? null : settings.LINNET_BOOTSTRAP_KEY,
    oidc:
      issuer === ""
        ? null
        : {
            issuer,
            audience: settings.LINNET_OIDC_AUDIENCE,
            tenantClaim: settings.LINNET_OIDC_TENANT_CLAIM,
            scopeClaim: settings.LINNET_OIDC_SCOPE_CLAIM,
          },
    allowedOrigins: listed(settings.LINNET_ALLOWED_ORIGINS),
    // A name that resolves to this machine is how a foreign page would reach a local service.
    allowedHosts:
      hosts.length === 0 && !isLocal ? null : [...hosts, ...(isLocal ? localNames : [])],
    trustedProxies: listed(settings.LINNET_TRUSTED_PROXIES),
    requestsPerMinute: settings.LINNET_REQUESTS_PER_MINUTE ?? (auth === "none" ? 0 : 6000),
  } as const;
}

const localNames = ["localhost", "127.0.0.1", "::1"] as const;
