/** The latent explorer in real Chromium: as a user drives it, with Node's numbers behind what it shows. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { loadVae, type Precision } from "@vaeport/infer";
import { buildExplorer, type Site } from "@vaeport/test/page";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "./browser-lab.js";
import { shippedFolder, shippedModels } from "./shipped.js";

const PLANE = "mnist-conv-2";
/** The one that a software GPU runs fast enough. */
const SMALL = "mnist-dense-20";
const BY_CLASS = "mnist-conv-cond";
/** Largest error of a probability between two runtimes, in bytes of a picture: rounding may tip over. */
const ONE_BYTE = 1;

/** Milliseconds: a software GPU compiles a shader for every graph and batch size. */
const LOAD_TIMEOUT = 120_000;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let lab: Lab;
let site: Site;
let page: Site["page"];
/** Complaints of the page that a test asked for, with those before them, which it looked at. */
let forgiven = 0;
beforeAll(async () => {
  lab = await startLab(buildExplorer);
  site = await lab.open({ ready: "crossOriginIsolated" });
  ({ page } = site);
  await loaded();
});
afterAll(async () => {
  expect(site.messages.slice(forgiven)).toEqual([]);
  await lab?.[Symbol.asyncDispose]();
});

/** Chooses a model, provider or precision as a click on its label does, and waits until it runs. */
async function choose(group: "models" | "providers" | "precisions", value: string): Promise<void> {
  await page.locator(`#${group} label:has([value="${value}"])`).click();
  await loaded();
}

async function loaded(): Promise<void> {
  await page.locator('main[aria-busy="false"]').waitFor({ timeout: LOAD_TIMEOUT });
}

const text = async (id: string) => (await page.locator(`#${id}`).textContent())!;
const number = async (id: string) => signed(await text(id));
/** A number as the page writes it, with a true minus sign. */
const signed = (shown: string | null) => Number(shown!.replace("−", "-"));

/** The grey values of a canvas. */
async function greys(id: string): Promise<Uint8Array> {
  const values = await page.locator(`#${id}`).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, index) => index % 4 === 0);
  });
  return Uint8Array.from(values);
}

/** Waits for a picture to become another one. */
async function changed(id: string, before: Uint8Array): Promise<Uint8Array> {
  await expect.poll(() => greys(id), { timeout: 10_000 }).not.toEqual(before);
  return greys(id);
}

/** Where an element is on the screen, once it is there. */
async function boxOf(selector: string) {
  await page.locator(selector).scrollIntoViewIfNeeded();
  return (await page.locator(selector).boundingBox())!;
}

/** Draws a "7" with the mouse, in two strokes of the pad's width times these places. */
async function drawSeven(): Promise<void> {
  const box = await boxOf("#pad");
  const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(0.25, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.75, 0.2), { steps: 5 });
  await page.mouse.move(...at(0.45, 0.8), { steps: 5 });
  await page.mouse.up();
}

/** What the page shows a drawing as, if not as the class of its example in float32. */
interface Shown {
  label?: number | undefined;
  precision?: Precision;
}

/** Holds what the page shows of a drawing to what onnxruntime-node makes of the same pixels. */
async function expectNodesNumbers(model: string, { label, ...options }: Shown = {}): Promise<void> {
  const folder = join(shippedFolder, model);
  await using vae = await loadVae(folder, { provider: "cpu", ...options });
  label ??= vae.manifest.check.label;
  const seen = await greys("seen");
  const { mean } = await vae.encode(seen, { label });
  const scores = await vae.score(seen, { label, samples: 0 });
  for (const name of ["distortion", "rate", "elbo"] as const) {
    await expect.poll(() => number(name)).toBeCloseTo(scores[name][0]!, 1);
  }
  const shown = await page.locator("#sliders output").allTextContents();
  expect(shown).toHaveLength(mean.data.length);
  for (const [index, value] of shown.entries()) {
    expect(signed(value)).toBeCloseTo(mean.data[index]!, 1);
  }
  const { data } = await vae.decode(mean, { label });
  const [low, high] = vae.manifest.data.range;
  const wanted = Array.from(data, (value) => Math.round((255 * (value - low)) / (high - low)));
  await expect
    .poll(async () => {
      const got = await greys("reconstruction");
      return Math.max(...wanted.map((value, index) => Math.abs(value - got[index]!)));
    })
    .toBeLessThanOrEqual(ONE_BYTE);
}

describe.each(shippedModels)("%s", (model) => {
  test("a stroke changes what is decoded, to Node's numbers", async () => {
    await choose("models", model);
    const before = await greys("reconstruction");
    await page.locator("#clear").click();
    await drawSeven();
    await changed("reconstruction", before);
    await expectNodesNumbers(model);
  });

  test("the page shows the error against the stored check", async () => {
    await choose("models", model);
    expect(await number("parity")).toBeLessThanOrEqual(1e-5);
    expect(await text("timing")).toMatch(/^\d+\.\d ms$/);
  });

  test("a slider moves the point, and the picture follows", async () => {
    await choose("models", model);
    const before = await greys("reconstruction");
    await page.locator("#sliders input").first().focus();
    await page.keyboard.press("End");
    await changed("reconstruction", before);
  });
});

test("the first stroke replaces the example, and the next is added", async () => {
  await choose("models", PLANE);
  await page.locator("#example").click();
  const inked = async () => (await greys("pad")).filter((grey) => grey > 0).length;
  const example = await inked();
  const box = await boxOf("#pad");
  await page.mouse.click(box.x + 0.2 * box.width, box.y + 0.2 * box.height);
  const dot = await inked();
  expect(dot).toBeLessThan(example / 5);
  await page.mouse.click(box.x + 0.8 * box.width, box.y + 0.8 * box.height);
  expect(Math.abs((await inked()) - 2 * dot)).toBeLessThan(dot / 5);
});

test("a drawing is seen and decoded as the chosen class", async () => {
  await choose("models", BY_CLASS);
  await page.locator("#clear").click();
  await drawSeven();
  await expectNodesNumbers(BY_CLASS);
  const [picture, analogies] = [await greys("reconstruction"), await greys("analogies")];
  const chosen = page.locator('#classes label:has([value="3"])');
  expect(await chosen.textContent()).toBe("3");
  await chosen.click();
  await changed("reconstruction", picture);
  await expectNodesNumbers(BY_CLASS, { label: 3 });
  await changed("analogies", analogies);
});

test("float16 has float16's numbers, and a larger error", async () => {
  await choose("models", SMALL);
  await choose("precisions", "float16");
  const error = await number("parity");
  expect(error).toBeGreaterThan(1e-5);
  expect(error).toBeLessThan(1e-2);
  await expectNodesNumbers(SMALL, { precision: "float16" });
  await choose("precisions", "float32");
  expect(await number("parity")).toBeLessThanOrEqual(1e-5);
});

describe("by keyboard alone", () => {
  test("the pad draws a line", async () => {
    await choose("models", PLANE);
    await page.locator("#pad").focus();
    await page.keyboard.press("Delete");
    const empty = await greys("seen");
    expect(Math.max(...empty)).toBe(0);
    await page.keyboard.press("Space");
    for (let step = 0; step < 8; step++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    expect(Math.max(...(await greys("seen")))).toBeGreaterThan(200);
    await expectNodesNumbers(PLANE);
  });

  test("the plane's point moves", async () => {
    await choose("models", PLANE);
    await page.locator("#example").click();
    await expectNodesNumbers(PLANE);
    const before = await greys("reconstruction");
    const value = page.locator("#sliders output").first();
    const from = signed(await value.textContent());
    await page.locator("#plane svg").focus();
    for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowLeft");
    await changed("reconstruction", before);
    expect(signed(await value.textContent())).toBeCloseTo(from - 1, 1);
  });

  test("Tab reaches every control in the order of the page", async () => {
    await page.locator("h1").click();
    const reached: string[] = [];
    for (let press = 0; press < 17; press++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate(() => {
          const { id, name, localName } = document.activeElement as HTMLInputElement;
          return id || name || localName;
        }),
      );
    }
    const wanted = [
      "models",
      "providers",
      "precisions",
      "pad",
      "clear",
      "example",
      "svg",
      "set-from",
      "step",
    ];
    expect(reached.filter((id) => wanted.includes(id))).toEqual(wanted);
  });
});

test("dragging over the plane decodes on the way", async () => {
  await choose("models", PLANE);
  const box = await boxOf("#plane");
  const before = await greys("reconstruction");
  await page.mouse.move(box.x + 10, box.y + 10);
  await page.mouse.down();
  const corner = await changed("reconstruction", before);
  await page.mouse.move(box.x + box.width - 10, box.y + box.height - 10, { steps: 10 });
  await changed("reconstruction", corner);
  await page.mouse.up();
});

test("only the first finger and the main button draw and drag", async () => {
  await choose("models", PLANE);
  await page.locator("#clear").click();
  const [pad, point] = [await greys("pad"), await text("sliders")];
  for (const target of ["#pad", "#plane svg"]) {
    const box = await boxOf(target);
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(box.x + 60, box.y + 60, { steps: 3 });
    await page.mouse.up({ button: "right" });
  }
  const box = await boxOf("#pad");
  const touch = { pointerType: "touch", clientX: box.x + 30, clientY: box.y + 30 };
  const second = { ...touch, pointerId: 7, isPrimary: false };
  await page.locator("#pad").dispatchEvent("pointerdown", second);
  expect(await greys("pad")).toEqual(pad);
  expect(await text("sliders")).toBe(point);
});

test(
  "whatever is moved while models change hands, the page goes on without a complaint",
  async () => {
    for (const model of [PLANE, BY_CLASS, PLANE, SMALL, BY_CLASS, PLANE]) {
      await page.evaluate(moveDuringChange, model);
      await loaded();
    }
    expect(site.messages).toEqual([]);
    await page.locator("#example").click();
    await expectNodesNumbers(PLANE);
  },
  LOAD_TIMEOUT,
);

/** In the page: chooses a model, and moves all that moves, on every tick until it runs. */
async function moveDuringChange(model: string): Promise<void> {
  const main = document.querySelector("main")!;
  document.querySelector<HTMLElement>(`#models [value="${model}"]`)!.click();
  do {
    for (const input of document.querySelectorAll("#sliders input, #step, #temperature")) {
      input.dispatchEvent(new Event("input"));
    }
    const arrow = new KeyboardEvent("keydown", { key: "ArrowLeft" });
    document.querySelector("#plane svg")!.dispatchEvent(arrow);
    for (const button of ["#example", "#set-from", "#classes input"]) {
      document.querySelector<HTMLElement>(button)?.click();
    }
    await new Promise((tick) => setTimeout(tick));
  } while (main.ariaBusy === "true");
}

test("a model that is not there leaves the one before, in the address too", async () => {
  await choose("models", PLANE);
  expect(site.messages).toEqual([]);
  const address = page.url();
  await page.route(`**/${BY_CLASS}/vae.json`, (route) => route.fulfill({ status: 404 }));
  await choose("models", BY_CLASS);
  await page.unroute(`**/${BY_CLASS}/vae.json`);
  expect(await text("status")).toContain("the server answered 404");
  expect(await page.locator("#models input:checked").getAttribute("value")).toBe(PLANE);
  expect(page.url()).toBe(address);
  forgiven = site.messages.length;
  await page.locator("#example").click();
  await expectNodesNumbers(PLANE);
});

test("samples follow the temperature, and go onto the pad", async () => {
  await choose("models", PLANE);
  const spread = () =>
    page.locator("#samples canvas").evaluateAll((canvases) => {
      const pictures = canvases.map((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      return new Set(pictures).size;
    });
  await expect.poll(spread).toBeGreaterThan(10);
  const before = await greys("seen");
  await page.locator("#samples button").nth(3).click();
  await changed("seen", before);
  await page.locator("#temperature").fill("0");
  await expect.poll(spread).toBe(1);
});

test("the way between two pictures ends at them", async () => {
  await choose("models", PLANE);
  await page.locator("#clear").click();
  await drawSeven();
  await page.locator("#set-from").click();
  await expectNodesNumbers(PLANE);
  await page.locator("#step").fill("0");
  const drawn = await greys("reconstruction");
  await expect.poll(() => greys("between")).toEqual(drawn);
  await page.locator("#step").fill("32");
  await changed("between", drawn);
});

test(
  "WebGPU runs the model with Node's numbers, and wasm again after it",
  async () => {
    await choose("models", SMALL);
    await choose("providers", "webgpu");
    expect(await text("chosen")).toBe("webgpu");
    await expectNodesNumbers(SMALL);
    await choose("providers", "wasm");
    expect(await text("chosen")).toMatch(/^wasm, \d threads?$/);
  },
  LOAD_TIMEOUT,
);

describe("the page", () => {
  test.each(["light", "dark"] as const)(
    "has no fault that axe finds, in %s",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe);
      const faults = await page.evaluate(async () => {
        const { violations } = await (window as never as AxeWindow).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
      });
      expect(faults).toEqual([]);
    },
  );

  test("names its sliders by themselves, and does not read all of them out", async () => {
    await choose("models", SMALL);
    const slider = page.getByRole("slider", { name: "z12", exact: true });
    expect(await slider.count()).toBe(1);
    const live = await page.locator("#sliders output").evaluateAll((outputs) => {
      return outputs.filter(({ ariaLive }) => ariaLive !== "off").length;
    });
    expect(live).toBe(0);
  });

  test("has no text beyond its panel on a narrow screen", async () => {
    await page.setViewportSize({ width: 320, height: 800 });
    const beyond = await page.locator(".panel").evaluateAll((panels) => {
      return panels.flatMap((panel) => {
        const { right } = panel.getBoundingClientRect();
        const padding = Number.parseFloat(getComputedStyle(panel).paddingRight);
        const inside = [...panel.querySelectorAll(":scope :is(dd, dt, p, button, label, output)")];
        return inside
          .filter((element) => element.getBoundingClientRect().right > right - padding)
          .map((element) => element.outerHTML);
      });
    });
    expect(beyond).toEqual([]);
    const slider = (await page.locator("#temperature").boundingBox())!;
    expect(slider.width).toBeGreaterThan(100);
  });

  test.each([320, 390, 768, 1280])(
    "fits a screen %i pixels wide, and does not jump",
    async (width) => {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${site.server.origin}/`);
      await loaded();
      const { scrollWidth, shift } = await page.evaluate(async () => {
        let shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries())
            shift += (entry as never as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { scrollWidth: document.documentElement.scrollWidth, shift };
      });
      expect(scrollWidth).toBeLessThanOrEqual(width);
      expect(shift).toBeLessThan(0.1); // "good" by https://web.dev/articles/cls
    },
  );
});

interface AxeWindow {
  axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
}
