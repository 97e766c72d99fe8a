/** Small helpers for the page's elements. */

/** The element of this id, which the page has. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const element = document.querySelector<Kind>(`#${id}`);
  if (element === null) throw new Error(`The page has no element #${id}.`);
  return element;
}

/** Whether a pointer that went down is to draw or drag: the first finger, the mouse's main button, a pen's tip. */
export function isPress({ isPrimary, button }: PointerEvent): boolean {
  return isPrimary && button === 0;
}

/** The context of a canvas that is read and written pixel by pixel, and so is best kept off the GPU. */
export function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d", { willReadFrequently: true })!;
}

/** Puts a picture on a canvas, which takes its size. */
export function putPicture(canvas: HTMLCanvasElement, picture: ImageData): void {
  Object.assign(canvas, { width: picture.width, height: picture.height });
  context2d(canvas).putImageData(picture, 0, 0);
}

export interface Choice<Value extends string> {
  readonly value: Value;
  /** Chooses a value, unless there is none such. */
  set(value: string | null): void;
}

/** The radio buttons of a fieldset; `onChoose` hears of the user's choices. */
export function choice<Value extends string>(id: string, onChoose: () => void): Choice<Value> {
  const fieldset = byId(id);
  fieldset.addEventListener("change", onChoose);
  return {
    get value() {
      return fieldset.querySelector<HTMLInputElement>("input:checked")!.value as Value;
    },
    set(value) {
      for (const input of fieldset.querySelectorAll("input")) {
        if (input.value === value) input.checked = true;
      }
    },
  };
}

/** Replaces the radio buttons of a fieldset; their values count from 0. */
export function offer(id: string, names: readonly string[], chosen: number): void {
  const labels = names.map((name, index) => {
    const [label, title] = [document.createElement("label"), document.createElement("span")];
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: id, value: index, checked: index === chosen });
    title.textContent = name;
    label.append(input, title);
    return label;
  });
  byId(id).replaceChildren(byId(id).querySelector("legend")!, ...labels);
}
