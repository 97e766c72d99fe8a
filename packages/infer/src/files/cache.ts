/** The user's cache. */
import { homedir } from "node:os";
import { join } from "node:path";

/** `vaeport` in the platform's place for caches; `VAEPORT_CACHE` names another folder. */
export function cacheFolder(): string {
  const { VAEPORT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (VAEPORT_CACHE) return VAEPORT_CACHE;
  const place =
    process.platform === "win32"
      ? (LOCALAPPDATA ?? join(homedir(), "AppData", "Local"))
      : process.platform === "darwin"
        ? join(homedir(), "Library", "Caches")
        : XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(place, "vaeport");
}
