/** The plane of a model with two latents: what each part of it decodes to, and a point to drag. */
import type { Vae } from "@vaeport/infer";
import { byId, isPress } from "../dom.js";
import { paint } from "../pictures.js";
import { EXTENT, type LatentView, type OnMove } from "./latent.js";

/** Pictures along each side of the manifold. */
const TILES = 20;
const STEP = { coarse: 0.2, fine: 0.02 };

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Brings the plane to life; it holds z_1 to the right and z_2 upwards. */
export function createPlane(onMove: OnMove): LatentView {
  const plane = byId("plane");
  const marks = plane.querySelector("svg")!;
  const [point, posterior] = [marks.querySelector("circle")!, marks.querySelector("ellipse")!];
  marks.setAttribute("viewBox", `${-EXTENT} ${-EXTENT} ${2 * EXTENT} ${2 * EXTENT}`);
  let at: [number, number] = [0, 0];

  const move = (x: number, y: number) => onMove(Float32Array.of(inside(x), inside(y)));
  const drag = (event: PointerEvent) => {
    if (!marks.hasPointerCapture(event.pointerId)) return;
    const { left, top, width, height } = marks.getBoundingClientRect();
    const across = (event.clientX - left) / width;
    const down = (event.clientY - top) / height;
    move(EXTENT * (2 * across - 1), EXTENT * (1 - 2 * down));
  };
  marks.addEventListener("pointerdown", (event) => {
    if (!isPress(event)) return;
    marks.setPointerCapture(event.pointerId);
    drag(event);
  });
  marks.addEventListener("pointermove", drag);
  marks.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? STEP.fine : STEP.coarse;
    move(at[0] + arrow[0] * step, at[1] + arrow[1] * step);
  });

  return {
    async use(vae, label) {
      plane.hidden = vae.manifest.latent.size !== 2;
      if (!plane.hidden) await paintManifold(vae, label);
    },
    show(z) {
      at = [z[0]!, z[1]!];
      place(point, at);
    },
    showPosterior(mean, logVariance) {
      place(posterior, [mean[0]!, mean[1]!]);
      posterior.setAttribute("rx", String(Math.exp(logVariance[0]! / 2)));
      posterior.setAttribute("ry", String(Math.exp(logVariance[1]! / 2)));
    },
  };
}

/** Screens count downwards. */
function place(mark: SVGElement, [x, y]: [number, number]): void {
  mark.setAttribute("cx", String(inside(x)));
  mark.setAttribute("cy", String(-inside(y)));
}

const inside = (value: number) => Math.min(EXTENT, Math.max(-EXTENT, value));

async function paintManifold(vae: Vae, label: number | undefined): Promise<void> {
  const middle = (index: number) => EXTENT * ((2 * index + 1) / TILES - 1);
  const z = new Float32Array(2 * TILES * TILES);
  for (let tile = 0; tile < TILES * TILES; tile++) {
    z[2 * tile] = middle(tile % TILES);
    z[2 * tile + 1] = -middle(Math.floor(tile / TILES));
  }
  paint(byId<HTMLCanvasElement>("manifold"), vae, await vae.decode(z, { label }), TILES);
}
