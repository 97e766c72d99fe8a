/** The browser of the tests: found, installed, started. */
export { findBrowser, findFirefox, findSwiftShader, hasVulkanLoader } from "./find.js";
export { BrowserMissingError, provideBrowser, provideFirefox } from "./install.js";
export { launchBrowser, launchFirefox } from "./launch.js";
