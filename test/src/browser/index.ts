/** The browser of the tests: found, installed, started. */
export { findBrowser, findSwiftShader, hasVulkanLoader } from "./find.js";
export { BrowserMissingError, provideBrowser } from "./install.js";
export { launchBrowser } from "./launch.js";
